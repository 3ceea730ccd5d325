import { describe, expect, test } from "vitest";
import { type Quirks, readQuirks } from "../src/quirks.ts";
import { upstreamRequest } from "../src/upstream-request.ts";

/** A request whose messages are this text, as it leaves for an upstream with these quirks. */
function sent(messages: string, quirks: Partial<Quirks>): string {
  const frame = (inside: string) => `{"model":"m", "messages" : ${inside} ,"seed":12345678901234567}`;
  const model = { asked: "m", sent: "m" };
  const options = {
    model,
    quirks: readQuirks("test", quirks),
    fields: {},
    stream: false,
    includeUsage: false,
    chat: true,
  };
  const { body } = upstreamRequest(frame(messages), options);
  const [before = "", after = ""] = frame("|").split("|");
  expect(body.startsWith(before) && body.endsWith(after)).toBe(true);
  return body.slice(before.length, body.length - after.length);
}

describe("the reasoning of past answers", () => {
  const answer = (members: string) => `[{"role":"user","content":"x"},{${members}, "content":"\u00e9 1.0"}]`;
  const both = '"role":"assistant", "reasoning":"a\\"b", "reasoning_content":"a\\"b"';
  const one = '"role":"assistant", "reasoning_content" : "a\\"b"';

  test.each([
    [both, '"role":"assistant", "reasoning":"a\\"b"'],
    [one, '"role":"assistant", "reasoning" : "a\\"b"'],
    ['"role":"assistant", "reasoning_content":null', '"role":"assistant"'],
    ['"role":"assistant", "reasoning":null, "reasoning_content":"a"', '"role":"assistant", "reasoning":"a"'],
    ['"reasoning_content":"a","reasoning":"a","role":"assistant"', '"reasoning":"a","role":"assistant"'],
    ['"role":"assistant", "reasoning":"a"', '"role":"assistant", "reasoning":"a"'],
    ['"role":"user", "reasoning_content":"a"', '"role":"user", "reasoning_content":"a"'],
  ])("copy: goes back under the upstream's own name: %s", (given, expected) => {
    expect(sent(answer(given), { reasoning: "copy" })).toBe(answer(expected));
  });

  test.each([both, one, '"role":"assistant", "reasoning_details":[{"text":"a"}]'])("drop: is left out: %s", (given) => {
    expect(sent(answer(given), { reasoning: "drop" })).toBe(answer('"role":"assistant"'));
  });

  test("drop: what others have by that name stays", () => {
    const user = '[{"role":"user","reasoning":"a","content":"x"}]';
    expect(sent(user, { reasoning: "drop" })).toBe(user);
  });

  test.each([both, one])("as_sent: stays: %s", (given) => {
    expect(sent(answer(given), {})).toBe(answer(given));
  });
});

describe("the instructing role", () => {
  test("of more messages than a call takes arguments", () => {
    const list = (role: string) => `[${Array(150_000).fill(`{"role":"${role}"}`).join(",")}]`;
    expect(sent(list("developer"), { instruction_role: "system" }) === list("system")).toBe(true);
  });

  const messages =
    '[{"role":"developer","content":"\\"role\\":\\"developer\\""},{"content":"x","role" : "system"},{"role":"user"},7]';

  test.each([
    ["as_sent", messages],
    ["system", messages.replace('"role":"developer"', '"role":"system"')],
    ["developer", messages.replace('"role" : "system"', '"role" : "developer"')],
  ] as const)("is the one that the upstream knows: %s", (instruction_role, expected) => {
    expect(sent(messages, { instruction_role })).toBe(expected);
  });
});

describe("a thought signature inside a call's id", () => {
  const turn = (id: string) =>
    `[{"role":"assistant","content":"${id}","tool_calls":[{"type":"function", "id" : "${id}","function":{"name":"f","arguments":"{}"}}]},{"role":"tool","tool_call_id":"${id}","content":"${id}"}]`;
  const signed = "call_1__thought__c2ln+/==";
  const plain = turn(signed)
    .replace(`"id" : "${signed}"`, '"id" : "call_1"')
    .replace(`"tool_call_id":"${signed}"`, '"tool_call_id":"call_1"');

  test("goes no further: other providers refuse ids of that length", () => {
    expect(sent(turn(signed), {})).toBe(plain);
  });

  test("stays for an upstream that has put it there itself", () => {
    expect(sent(turn(signed), { call_ids: "as_sent" })).toBe(turn(signed));
  });

  test("goes beside other edits of the same message", () => {
    const reasoning = turn(signed).replace('"content"', '"reasoning_content":"a","content"');
    expect(sent(reasoning, { reasoning: "drop" })).toBe(plain);
  });

  test.each([
    '[{"role":"tool","tool_call_id":7},{"role":"assistant","tool_calls":[null,{"id":1}]},"x__thought__y"]',
    '"a__thought__b"',
    "null",
  ])("what is no conversation is the provider's to judge: %s", (messages) => {
    expect(sent(messages, { reasoning: "copy" })).toBe(messages);
  });
});
