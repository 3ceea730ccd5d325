import { describe, expect, test } from "vitest";
import { CallIds } from "../src/call-ids.ts";
import { ask, messageOf, refused } from "./helpers.ts";

const user = (content: unknown) => ({ role: "user", content });
const calling = (id: string, name: string, args = "{}", rest = {}) => ({
  role: "assistant",
  content: null,
  tool_calls: [{ id, type: "function", function: { name, arguments: args }, ...rest }],
});
const result = (id: string, content: unknown) => ({ role: "tool", tool_call_id: id, content });
const PNG = "data:image/png;base64,iVBORw0KGgo=";

describe("turns", () => {
  test("system and developer messages, wherever they stand, are the system instruction in their order", () => {
    const messages = [
      { role: "system", content: "one" },
      user("a"),
      { role: "developer", content: [{ type: "text", text: "two" }] },
      { role: "assistant", content: "b" },
      { role: "system", content: "three" },
    ];
    expect(ask({ messages })).toEqual({
      systemInstruction: { parts: [{ text: "one" }, { text: "two" }, { text: "three" }] },
      contents: [
        { role: "user", parts: [{ text: "a" }] },
        { role: "model", parts: [{ text: "b" }] },
      ],
    });
  });

  test("consecutive messages of one side become one turn", () => {
    const messages = [
      user("a"),
      user("b"),
      { role: "assistant", content: "c" },
      { role: "assistant", content: "d" },
      user("e"),
    ];
    expect(ask({ messages }).contents.map(({ role, parts }) => [role, parts.length])).toEqual([
      ["user", 2],
      ["model", 2],
      ["user", 1],
    ]);
  });

  test("instructions alone are what the user says, since Gemini answers nobody else", () => {
    expect(ask({ messages: [{ role: "system", content: "Say hi" }] })).toEqual({
      contents: [{ role: "user", parts: [{ text: "Say hi" }] }],
    });
  });

  test("a call that opens the history, where a client has cut it, gets the user's turn that Gemini wants before it", () => {
    const rest = [calling("call_1", "f"), result("call_1", "{}"), user("go on")];
    const roles = (messages: object[]) => ask({ messages }).contents.map(({ role }) => role);
    expect(roles(rest)).toEqual(["user", "model", "user"]);
    expect(ask({ messages: [{ role: "system", content: "Be brief" }, user(""), ...rest] })).toMatchObject({
      systemInstruction: { parts: [{ text: "Be brief" }] },
      contents: [{ role: "user", parts: [{ text: " " }] }, { role: "model" }, { role: "user" }],
    });
    expect(roles([{ role: "assistant", content: "Hello!" }, user("Hi")])).toEqual(["model", "user"]);
  });

  test.each(["gemini-3.1-flash-tts-preview", "gemini-3.5-transcribe", "gemma-3-27b-it"])(
    "%s takes instructions as the user's words",
    (model) => {
      const system = { role: "system", content: "Say it cheerfully:" };
      const said = [{ text: "Say it cheerfully:" }];
      expect(ask({ messages: [system, user("Hi")] }, model)).toEqual({
        contents: [{ role: "user", parts: [...said, { text: "Hi" }] }],
      });
      expect(ask({ messages: [system, { role: "assistant", content: "Hi" }] }, model).contents).toEqual([
        { role: "user", parts: said },
        { role: "model", parts: [{ text: "Hi" }] },
      ]);
    },
  );

  test.each([
    ["an assistant turn with empty text", { role: "assistant", content: "" }],
    ["an assistant turn with null", { role: "assistant", content: null }],
    ["an assistant turn with an empty text part", { role: "assistant", content: [{ type: "text", text: "" }] }],
    ["an empty user message", user("")],
  ])("%s leaves no empty part behind", (_, message) => {
    const { contents } = ask({ messages: [user("a"), message, user("b")] });
    expect(contents).toEqual([{ role: "user", parts: [{ text: "a" }, { text: "b" }] }]);
  });

  test("an assistant turn with empty text and a call has the call only", () => {
    const { contents } = ask({ messages: [user("a"), { ...calling("1", "f"), content: "" }, result("1", "x")] });
    expect(contents[1]).toEqual({ role: "model", parts: [{ functionCall: { name: "f", args: {} } }] });
  });

  test("text and a call in one message both survive, text first", () => {
    const { contents } = ask({
      messages: [user("a"), { ...calling("1", "f"), content: "let me look" }, result("1", "x")],
    });
    expect(contents[1]?.parts).toEqual([{ text: "let me look" }, { functionCall: { name: "f", args: {} } }]);
  });

  test("a refusal of an earlier turn is said again", () => {
    const { contents } = ask({
      messages: [user("a"), { role: "assistant", content: null, refusal: "No." }, user("b")],
    });
    expect(contents[1]).toEqual({ role: "model", parts: [{ text: "No." }] });
  });

  test.each([
    [[{ role: "robot", content: "x" }], "messages[0].role", "invalid_value"],
    [[user("x"), "y"], "messages[1]", "invalid_type"],
    [[user("")], "messages", "invalid_value"],
    ["x", "messages", "invalid_type"],
    [[{ role: "function", name: "f", content: "x" }], "messages[0].name", "invalid_value"],
    [
      [user("x"), { role: "assistant", function_call: { name: "f", arguments: "{" } }],
      "messages[1].function_call.arguments",
      "invalid_value",
    ],
    [
      [user("x"), { role: "assistant", function_call: { arguments: "{}" } }],
      "messages[1].function_call.name",
      "missing_required_parameter",
    ],
    [[user("x"), { role: "assistant", audio: { id: "a" } }], "messages[1].audio", "unsupported_value"],
    [
      [user("x"), { role: "assistant", tool_calls: [{ id: "1", type: "custom", custom: {} }] }],
      "messages[1].tool_calls[0]",
      "unsupported_value",
    ],
    [
      [user("x"), { role: "assistant", tool_calls: [{ id: "1", type: "function", name: "f" }] }],
      "messages[1].tool_calls[0].function",
      "missing_required_parameter",
    ],
    [
      [{ role: "system", content: [{ type: "image_url", image_url: { url: PNG } }] }],
      "messages[0].content[0]",
      "invalid_value",
    ],
    [[{ role: "system", content: [{ type: "refusal", text: "x" }] }], "messages[0].content[0]", "invalid_value"],
    [[{ role: "system", content: 7 }], "messages[0].content", "invalid_type"],
    [[user(7)], "messages[0].content", "invalid_type"],
    [[user([null])], "messages[0].content[0]", "invalid_type"],
    [[user("x"), { role: "assistant", content: 7 }], "messages[1].content", "invalid_type"],
  ])("%j is a 400 that names the place", (messages, param, code) => {
    expect(refused({ messages })).toMatchObject({ status: 400, param, code });
  });
});

describe("tool results", () => {
  test("the function's name is found by the call's id, never the id itself", () => {
    const messages = [user("a"), calling("call_1", "get_weather"), result("call_1", "cold")];
    expect(ask({ messages }).contents[2]).toEqual({
      role: "user",
      parts: [{ functionResponse: { name: "get_weather", response: { output: "cold" } } }],
    });
  });

  test("an id that is used again in a later turn means the later call", () => {
    const messages = [
      user("a"),
      calling("call_0", "first"),
      result("call_0", "x"),
      calling("call_0", "second"),
      result("call_0", "y"),
    ];
    const { contents } = ask({ messages });
    expect(contents[2]?.parts[0]?.functionResponse?.name).toBe("first");
    expect(contents[4]?.parts[0]?.functionResponse?.name).toBe("second");
  });

  test("an id that belongs to no call is a 400 that names the field", () => {
    const messages = [user("a"), calling("call_1", "f"), { ...result("call_2", "x"), name: "f" }];
    expect(refused({ messages })).toMatchObject({ status: 400, param: "messages[2].tool_call_id" });
    expect(refused({ messages: [result("call_1", "x")] })).toMatchObject({ param: "messages[0].tool_call_id" });
  });

  test.each([
    ['{"temp":15}', { temp: 15 }],
    ["[1,2]", { output: [1, 2] }],
    ["42", { output: 42 }],
    ["plain words", { output: "plain words" }],
    ["", { output: "" }],
    ['{"id":12345678901234567890}', { output: '{"id":12345678901234567890}' }],
  ])("%j reaches the model whole", (content, response) => {
    const messages = [user("a"), calling("1", "f"), result("1", content)];
    expect(ask({ messages }).contents[2]?.parts[0]?.functionResponse?.response).toEqual(response);
  });

  test("results of parallel calls stand in one turn", () => {
    const both = { role: "assistant", tool_calls: [...calling("a", "f").tool_calls, ...calling("b", "g").tool_calls] };
    const { contents } = ask({ messages: [user("x"), both, result("b", "2"), result("a", "1")] });
    expect(contents[2]?.parts.map((part) => part.functionResponse?.name)).toEqual(["g", "f"]);
  });

  test.each([
    ["gemini-2.5-flash", [undefined, undefined]],
    ["gemini-3.8-flash", ["a", "b"]],
  ])("%s gets the results of one function in the order of its calls, whatever the client's order", (model, ids) => {
    const calls = ["a", "b", "c"].flatMap((id) => calling(id, id === "c" ? "g" : "f").tool_calls);
    const messages = [user("x"), { role: "assistant", tool_calls: calls }, result("b", "2"), result("c", "3")];
    const parts = ask({ messages: [...messages, user("and?"), result("a", "1")] }, model).contents[2]?.parts;
    expect(parts?.map((part) => part.text ?? part.functionResponse?.response["output"])).toEqual([1, 3, "and?", 2]);
    const ofF = parts?.flatMap(({ functionResponse: given }) => (given?.name === "f" ? [given.id] : []));
    expect(ofF).toEqual(ids);
  });

  test.each([["same"], [""]])("parallel calls with the same id (%j) are told apart, results in their order", (id) => {
    const tool_calls = [...calling(id, "f").tool_calls, ...calling(id, "g").tool_calls];
    const messages = [user("x"), { role: "assistant", tool_calls }, result(id, "1"), result(id, "2")];
    const [, called, answered] = ask({ messages }, "gemini-3.8-flash").contents;
    const ids = called?.parts.map((part) => part.functionCall?.id);
    expect(new Set(ids).size).toBe(2);
    expect(ids).not.toContain("");
    expect(answered?.parts.map((part) => part.functionResponse)).toEqual([
      { name: "f", response: { output: 1 }, id: ids?.[0] },
      { name: "g", response: { output: 2 }, id: ids?.[1] },
    ]);
  });

  test("an image in a result goes with it on Gemini 3, and is a 400 before", () => {
    const image = [
      { type: "text", text: "see" },
      { type: "image_url", image_url: { url: PNG } },
    ];
    const messages = [user("a"), calling("1", "shot"), result("1", image)];
    expect(ask({ messages }, "gemini-3.8-flash").contents[2]?.parts[0]?.functionResponse).toEqual({
      id: "1",
      name: "shot",
      response: { output: "see" },
      parts: [{ inlineData: { mimeType: "image/png", data: "iVBORw0KGgo=" } }],
    });
    expect(refused({ messages })).toMatchObject({ status: 400, param: "messages[2].content" });
  });
});

describe("arguments in the history", () => {
  test.each([
    ["empty", ""],
    ["blank", " "],
    ["an empty object", "{}"],
    ["null as text", "null"],
  ])("%s arguments are none", (_, args) => {
    const { contents } = ask({ messages: [user("a"), calling("1", "f", args), result("1", "x")] });
    expect(contents[1]?.parts).toEqual([{ functionCall: { name: "f", args: {} } }]);
  });

  test.each(['{"a":', "[1]", '"x"'])("broken arguments %j are a 400, the call is never dropped", (args) => {
    expect(refused({ messages: [user("a"), calling("1", "f", args), result("1", "x")] })).toMatchObject({
      status: 400,
      param: "messages[1].tool_calls[0].function.arguments",
    });
  });
});

describe("thought signatures", () => {
  const signed = { extra_content: { google: { thought_signature: "c2ln" } } };

  test("a signature comes back on the call it came with", () => {
    const { contents } = ask(
      { messages: [user("a"), calling("1", "f", "{}", signed), result("1", "x")] },
      "gemini-3.8-flash",
    );
    expect(contents[1]?.parts[0]).toEqual({ functionCall: { name: "f", args: {}, id: "1" }, thoughtSignature: "c2ln" });
  });

  test("a signature inside the id, as LiteLLM carries it, is taken out of call and result", () => {
    const id = "call_1__thought__c2ln";
    const { contents } = ask({ messages: [user("a"), calling(id, "f"), result(id, "x")] }, "gemini-3.8-flash");
    expect(contents[1]?.parts[0]).toEqual({
      functionCall: { name: "f", args: {}, id: "call_1" },
      thoughtSignature: "c2ln",
    });
    expect(contents[2]?.parts[0]?.functionResponse?.id).toBe("call_1");
  });

  test("a signature on the message returns to its text", () => {
    const { contents } = ask({ messages: [user("a"), { role: "assistant", content: "b", ...signed }, user("c")] });
    expect(contents[1]?.parts).toEqual([{ text: "b", thoughtSignature: "c2ln" }]);
  });

  test("a call without its signature gets Google's skip value on Gemini 3, on the first of parallel calls only", () => {
    const both = { role: "assistant", tool_calls: [...calling("a", "f").tool_calls, ...calling("b", "g").tool_calls] };
    const messages = [user("x"), both, result("a", "1"), result("b", "2"), calling("c", "h"), result("c", "3")];
    const signatures = (model: string) =>
      ask({ messages }, model)
        .contents.flatMap(({ parts }) => parts.filter((part) => part.functionCall))
        .map((part) => part.thoughtSignature);
    const skip = "skip_thought_signature_validator";
    expect(signatures("gemini-3-flash-preview")).toEqual([skip, undefined, skip]);
    expect(signatures("gemini-2.5-flash")).toEqual([undefined, undefined, undefined]);
  });

  test("parallel calls of which one is signed get no skip value", () => {
    const both = {
      role: "assistant",
      tool_calls: [...calling("a", "f", "{}", signed).tool_calls, ...calling("b", "g").tool_calls],
    };
    const { contents } = ask({ messages: [user("x"), both, result("a", "1"), result("b", "2")] }, "gemini-3.8-flash");
    expect(contents[1]?.parts.map((part) => part.thoughtSignature)).toEqual(["c2ln", undefined]);
  });

  test("a bare call before a signed one gets the skip value: Gemini 3 looks at the first", () => {
    const both = {
      role: "assistant",
      tool_calls: [...calling("a", "f").tool_calls, ...calling("b", "g", "{}", signed).tool_calls],
    };
    const { contents } = ask({ messages: [user("x"), both, result("a", "1"), result("b", "2")] }, "gemini-3.8-flash");
    expect(contents[1]?.parts.map((part) => part.thoughtSignature)).toEqual([
      "skip_thought_signature_validator",
      "c2ln",
    ]);
  });

  test("bare texts and images of the assistant get the skip value on Gemini 3's image models, which refuse them", () => {
    const image = { type: "image_url", image_url: { url: "data:image/png;base64,AAAA" } };
    const answers = [
      { role: "assistant", content: "a", images: [image, { ...image, ...signed }] },
      { role: "assistant", content: "b", ...signed },
    ];
    const signatures = (model: string) =>
      ask({ messages: [user("x"), ...answers, user("y")] }, model).contents.flatMap(({ parts }) =>
        parts.map((part) => part.thoughtSignature),
      );
    const skip = "skip_thought_signature_validator";
    expect(signatures("gemini-3-pro-image")).toEqual([undefined, skip, skip, "c2ln", "c2ln", undefined]);
    expect(signatures("gemini-3.8-flash")).toEqual([undefined, undefined, undefined, "c2ln", "c2ln", undefined]);
  });

  test("ids that carry the signature bring it back when all else is lost", () => {
    const { contents } = ask(
      { messages: [user("a"), calling(new CallIds("call_", true).of({ id: "g1", signature: "c2ln" }), "f")] },
      "gemini-3.8-flash",
    );
    expect(contents[1]?.parts[0]).toEqual({
      functionCall: { name: "f", args: {}, id: "g1" },
      thoughtSignature: "c2ln",
    });
  });

  test("what Google's own tools did goes back before the rest, to models that take it", () => {
    const answer = messageOf([
      { toolCall: { id: "1", toolType: "GOOGLE_SEARCH_WEB", args: { q: "x" } }, thoughtSignature: "c2ln" },
      { toolResponse: { id: "1", toolType: "GOOGLE_SEARCH_WEB", response: {} } },
      { inlineData: { mimeType: "image/png", data: "AAAA" }, thought: true },
      { text: "found" },
    ]);
    const turn = (model: string) => ask({ messages: [user("a"), answer, user("b")] }, model).contents[1]?.parts;
    expect(turn("gemini-3.8-flash")).toEqual([
      { toolCall: { id: "1", toolType: "GOOGLE_SEARCH_WEB", args: { q: "x" } }, thoughtSignature: "c2ln" },
      { toolResponse: { id: "1", toolType: "GOOGLE_SEARCH_WEB", response: {} } },
      { text: "found" },
    ]);
    expect(turn("gemini-2.5-flash")).toEqual([{ text: "found" }]);
  });

  test("text that is no signature is not sent as one", () => {
    const broken = { extra_content: { google: { thought_signature: "not base64!" } } };
    const { contents } = ask({ messages: [user("a"), calling("1", "f", "{}", broken), result("1", "x")] });
    expect(contents[1]?.parts[0]?.thoughtSignature).toBeUndefined();
  });

  test("ids of calls are sent where models take them: Gemini 3 refuses results without", () => {
    const messages = [user("a"), calling("call_1", "f"), result("call_1", "x")];
    expect(ask({ messages }, "gemini-3.6-flash").contents[2]?.parts[0]?.functionResponse?.id).toBe("call_1");
    expect(ask({ messages }, "gemini-2.5-pro").contents[2]?.parts[0]?.functionResponse?.id).toBeUndefined();
  });
});
