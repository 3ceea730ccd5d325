import { describe, expect, test } from "vitest";
import { ApiError } from "../errors.ts";
import { collectAnswer } from "../formats/chat-answer.ts";
import type { ChatEvent } from "../formats/chat-events.ts";
import { ChatStreamWriter, chatCompletion } from "../formats/chat-writer.ts";

const envelope = { id: "chatcmpl-1", created: 7, model: "llama4" };
const usage = { promptTokens: 3, completionTokens: 2, cachedTokens: 0, reasoningTokens: 0 };
const call = { id: "c1", kind: "function" as const, name: "f", arguments: '{"a":1}' };
const custom = { id: "c2", kind: "custom" as const, name: "patch", arguments: "*** Begin" };
const signed = { google: { thought_signature: "c2ln" } };
const citation = {
  type: "url_citation" as const,
  url_citation: { start_index: 0, end_index: 2, url: "https://a.example", title: "A" },
};

function stream(events: ChatEvent[], includeUsage = false) {
  const writer = new ChatStreamWriter(envelope, includeUsage);
  const sse = events.map((event) => writer.write(event)).join("") + writer.end(usage);
  const data = sse.split("\n\n").filter((event) => event !== "");
  expect(data.at(-1)).toBe("data: [DONE]");
  return data.slice(0, -1).map((event) => JSON.parse(event.slice("data: ".length)));
}

const deltas = (events: ChatEvent[]) => stream(events).map(({ choices }) => choices[0].delta);
const message = (events: ChatEvent[]) => {
  const { choices } = chatCompletion(collectAnswer(events), envelope);
  return Array.isArray(choices) ? choices[0].message : undefined;
};

/** Event → its delta after the choice has begun, and the message of an answer that is nothing else. */
const CASES: [string, ChatEvent, object, object][] = [
  ["text", { type: "text", choice: 0, text: 'a"\n' }, { content: 'a"\n' }, { content: 'a"\n' }],
  [
    "reasoning",
    { type: "reasoning", choice: 0, text: "Hm" },
    { reasoning_content: "Hm" },
    { content: null, reasoning_content: "Hm" },
  ],
  ["a refusal", { type: "refusal", choice: 0, text: "No" }, { refusal: "No" }, { content: null, refusal: "No" }],
  [
    "a call",
    { type: "tool_call", choice: 0, index: 0, call },
    { tool_calls: [{ index: 0, id: "c1", type: "function", function: { name: "f", arguments: '{"a":1}' } }] },
    { tool_calls: [{ id: "c1", type: "function", function: { name: "f", arguments: '{"a":1}' } }] },
  ],
  [
    "a signed call",
    { type: "tool_call", choice: 0, index: 0, call: { ...call, extraContent: signed } },
    { tool_calls: [expect.objectContaining({ extra_content: signed })] },
    { tool_calls: [expect.objectContaining({ extra_content: signed })] },
  ],
  [
    "a custom tool's call",
    { type: "tool_call", choice: 0, index: 0, call: custom },
    { tool_calls: [{ index: 0, id: "c2", type: "custom", custom: { name: "patch", input: "*** Begin" } }] },
    { tool_calls: [{ id: "c2", type: "custom", custom: { name: "patch", input: "*** Begin" } }] },
  ],
  [
    "other members",
    { type: "members", choice: 0, members: { citations: ["a"] }, says: false },
    { citations: ["a"] },
    { citations: ["a"] },
  ],
];

describe("each event of an answer", () => {
  test.each(CASES)("%s is a delta of a chunk and a part of the whole message", (_name, event, delta, whole) => {
    expect(deltas([{ type: "text", choice: 0, text: "x" }, event])[1]).toEqual(delta);
    expect(message([event])).toMatchObject(whole);
  });

  test("more arguments go on with their call", () => {
    const events: ChatEvent[] = [
      { type: "tool_call", choice: 0, index: 0, call: { ...call, arguments: "" } },
      { type: "tool_call", choice: 0, index: 1, call: { ...custom, arguments: "" } },
      { type: "tool_arguments", choice: 0, index: 0, kind: "function", text: "{}" },
      { type: "tool_arguments", choice: 0, index: 1, kind: "custom", text: "go" },
      { type: "tool_arguments", choice: 0, index: 7, kind: "function", text: "of no call" },
    ];
    expect(deltas(events).slice(2, 4)).toEqual([
      { tool_calls: [{ index: 0, function: { arguments: "{}" } }] },
      { tool_calls: [{ index: 1, custom: { input: "go" } }] },
    ]);
    expect(message(events).tool_calls).toMatchObject([{ function: { arguments: "{}" } }, { custom: { input: "go" } }]);
  });

  test("audio has its id once and ends with expires_at", () => {
    const events: ChatEvent[] = [
      { type: "audio", choice: 0, id: "a1", data: "QUJD" },
      { type: "audio", choice: 0, id: "a1", data: "REVG" },
      { type: "finish", choice: 0, reason: "stop" },
    ];
    expect(deltas(events)).toEqual([
      { role: "assistant", content: null, audio: { id: "a1", data: "QUJD", transcript: "" } },
      { audio: { data: "REVG" } },
      { audio: { expires_at: 0 } },
      {},
    ]);
    expect(message(events).audio).toEqual({ id: "a1", data: "QUJDREVG", expires_at: 0, transcript: "" });
  });

  test("what clients cannot join from several deltas comes in one, before the finish reason", () => {
    const events: ChatEvent[] = [
      { type: "image", choice: 0, url: "data:image/png;base64,AA==", signature: "c2ln" },
      { type: "text", choice: 0, text: "Hi" },
      { type: "provider_step", choice: 0, step: { toolCall: {} } },
      { type: "signature", choice: 0, signature: "bGFzdA==" },
      { type: "citations", choice: 0, annotations: [citation], sources: { grounding_metadata: {} } },
      { type: "finish", choice: 0, reason: "stop" },
    ];
    const extras = {
      annotations: [citation],
      images: [
        { index: 0, type: "image_url", image_url: { url: "data:image/png;base64,AA==" }, extra_content: signed },
      ],
      extra_content: {
        google: { thought_signature: "bGFzdA==", parts: [{ toolCall: {} }], grounding_metadata: {} },
      },
    };
    expect(deltas(events)).toEqual([{ role: "assistant", content: "Hi" }, extras, {}]);
    expect(message(events)).toMatchObject({ content: "Hi", ...extras });
  });
});

describe("a stream", () => {
  test.each<[string, ChatEvent, object]>([
    ["text", { type: "text", choice: 0, text: "Hi" }, { role: "assistant", content: "Hi" }],
    ["a call", { type: "tool_call", choice: 0, index: 0, call }, { role: "assistant", content: null }],
    ["reasoning", { type: "reasoning", choice: 0, text: "Hm" }, { role: "assistant", content: null }],
    ["a refusal", { type: "refusal", choice: 0, text: "No" }, { role: "assistant", content: null }],
    ["its end", { type: "finish", choice: 0, reason: "length" }, { role: "assistant", content: "" }],
    [
      "log probabilities",
      { type: "logprobs", choice: 0, logprobs: { content: [] } },
      { role: "assistant", content: "" },
    ],
  ])("that begins with %s has the role in its first delta", (_name, event, delta) => {
    expect(deltas([event])[0]).toMatchObject(delta);
  });

  test("carries what the provider says of itself on the chunks from then on, the id and time too", () => {
    const [first, second] = stream([
      { type: "begun", id: "theirs", created: 9, members: { service_tier: "flex" } },
      { type: "text", choice: 1, text: "Hi", logprobs: { content: [{ token: "Hi" }] } },
      { type: "finish", choice: 1, reason: "stop" },
    ]);
    const shared = { id: "theirs", object: "chat.completion.chunk", created: 9, model: "llama4", service_tier: "flex" };
    expect(first).toEqual({
      ...shared,
      choices: [
        {
          index: 1,
          delta: { role: "assistant", content: "Hi" },
          logprobs: { content: [{ token: "Hi" }] },
          finish_reason: null,
        },
      ],
    });
    expect(second).toMatchObject({ ...shared, choices: [{ index: 1, delta: {}, finish_reason: "stop" }] });
  });

  test("ends with usage only when it was asked for and counted, and then has a null one before", () => {
    const events: ChatEvent[] = [{ type: "text", choice: 0, text: "Hi" }];
    expect(JSON.stringify(stream(events))).not.toContain("usage");
    const [chunk, last] = stream(events, true);
    expect(chunk.usage).toBeNull();
    expect(last).toMatchObject({ choices: [], usage: { prompt_tokens: 3, completion_tokens: 2, total_tokens: 5 } });
    expect(new ChatStreamWriter(envelope, true).end(null)).toBe("data: [DONE]\n\n");
  });

  test("that fails ends with an error event", () => {
    expect(new ChatStreamWriter(envelope, false).fail(new ApiError({ status: 504, message: "Late." }))).toBe(
      'data: {"error":{"message":"Late.","type":"timeout_error","param":null,"code":"timeout"}}\n\n',
    );
  });
});

describe("a whole answer", () => {
  test("has its own id, time and members, its choices by index, and its usage", () => {
    const answer = collectAnswer([
      { type: "begun", id: "theirs", created: 9, servedModel: "m", members: { system_fingerprint: "fp" } },
      { type: "text", choice: 1, text: "b" },
      { type: "text", choice: 0, text: "a" },
      { type: "usage", usage },
      { type: "finish", choice: 0, reason: "length" },
    ]);
    expect(answer.servedModel).toBe("m");
    expect(chatCompletion(answer, envelope)).toMatchObject({
      id: "theirs",
      object: "chat.completion",
      created: 9,
      model: "llama4",
      system_fingerprint: "fp",
      choices: [
        { index: 0, message: { content: "a", refusal: null }, finish_reason: "length" },
        { index: 1, message: { content: "b" }, finish_reason: "stop" },
      ],
      usage: { total_tokens: 5 },
    });
  });

  test("has no usage, no annotations and no reasoning where the provider has none", () => {
    const completion = chatCompletion(collectAnswer([{ type: "text", choice: 0, text: "a" }]), envelope);
    expect(completion).toEqual({
      id: "chatcmpl-1",
      object: "chat.completion",
      created: 7,
      model: "llama4",
      choices: [
        {
          index: 0,
          message: { role: "assistant", content: "a", refusal: null },
          logprobs: null,
          finish_reason: "stop",
        },
      ],
    });
  });

  test("with an empty text beside calls has the content null", () => {
    const events: ChatEvent[] = [
      { type: "text", choice: 0, text: "" },
      { type: "tool_call", choice: 0, index: 0, call },
    ];
    expect(message(events).content).toBeNull();
    expect(message([{ type: "text", choice: 0, text: "" }]).content).toBe("");
  });
});

describe("in the form from before tools", () => {
  const events: ChatEvent[] = [
    { type: "tool_call", choice: 0, index: 0, call: { ...call, arguments: "" } },
    { type: "tool_arguments", choice: 0, index: 0, kind: "function", text: '{"a":1}' },
    { type: "tool_call", choice: 0, index: 1, call },
    { type: "finish", choice: 0, reason: "tool_calls" },
  ];

  test("a whole answer has its first call as function_call, and so its finish reason", () => {
    expect(chatCompletion(collectAnswer(events), envelope, "function")["choices"]).toEqual([
      {
        index: 0,
        message: {
          role: "assistant",
          content: null,
          refusal: null,
          function_call: { name: "f", arguments: '{"a":1}' },
        },
        logprobs: null,
        finish_reason: "function_call",
      },
    ]);
    const text = collectAnswer([{ type: "text", choice: 0, text: "Hi" }]);
    expect(chatCompletion(text, envelope, "function")).toMatchObject({
      choices: [{ message: { content: "Hi" }, finish_reason: "stop" }],
    });
  });

  test("a stream has the name first, then the arguments", () => {
    const writer = new ChatStreamWriter(envelope, false, "function");
    const sse = events.map((event) => writer.write(event)).join("");
    const choices = sse
      .split("\n\n")
      .filter((event) => event !== "")
      .map((event) => JSON.parse(event.slice("data: ".length)).choices[0]);
    expect(choices).toMatchObject([
      { delta: { role: "assistant", content: null, function_call: { name: "f", arguments: "" } } },
      { delta: { function_call: { arguments: '{"a":1}' } } },
      { delta: {}, finish_reason: "function_call" },
    ]);
    expect(sse).not.toContain("tool_calls");
  });
});
