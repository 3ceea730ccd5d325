import { describe, expect, test } from "vitest";
import { candidate, choiceOf, complete, envelope, messageOf, refusal } from "./helpers.ts";

const call = (name: string, args?: object, rest: object = {}) => ({
  functionCall: { name, ...(args && { args }), ...rest },
});

describe("an answer", () => {
  test("has OpenAI's shape, the model asked for, and Gemini's version as fingerprint", () => {
    const { body, servedModel, usage } = complete({
      candidates: [
        { content: { role: "model", parts: [{ text: "Hel" }, { text: "lo" }] }, finishReason: "STOP", index: 0 },
      ],
      usageMetadata: { promptTokenCount: 3, candidatesTokenCount: 2, totalTokenCount: 5, serviceTier: "standard" },
      modelVersion: "gemini-2.5-flash-001",
      responseId: "r",
    });
    expect(body).toEqual({
      ...envelope,
      object: "chat.completion",
      system_fingerprint: "gemini-2.5-flash-001",
      service_tier: "default",
      choices: [
        {
          index: 0,
          message: { role: "assistant", content: "Hello", refusal: null, annotations: [] },
          logprobs: null,
          finish_reason: "stop",
        },
      ],
      usage: {
        prompt_tokens: 3,
        completion_tokens: 2,
        total_tokens: 5,
        prompt_tokens_details: { cached_tokens: 0 },
        completion_tokens_details: { reasoning_tokens: 0 },
      },
    });
    expect(servedModel).toBe("gemini-2.5-flash-001");
    expect(usage).toMatchObject({ promptTokens: 3 });
  });

  test("in a list of one is read, and so is an error", () => {
    expect(complete([{ candidates: [{ content: { parts: [{ text: "a" }] } }] }]).body["choices"]).toHaveLength(1);
    expect(refusal(() => complete([{ error: { code: 429, message: "slow" } }]))).toMatchObject({ status: 429 });
    expect(refusal(() => complete([{}, {}]))).toMatchObject({ condition: "invalid_response" });
  });

  test("several candidates are several choices, in the order of their index", () => {
    const { body } = complete({
      candidates: [
        { content: { parts: [{ text: "b" }] }, finishReason: "MAX_TOKENS", index: 1 },
        { content: { parts: [{ text: "a" }] }, finishReason: "STOP" },
      ],
    });
    expect(body["choices"]).toMatchObject([
      { index: 0, message: { content: "a" }, finish_reason: "stop" },
      { index: 1, message: { content: "b" }, finish_reason: "length" },
    ]);
  });

  test("parallel calls are all there, each with an id of its own", () => {
    expect(
      messageOf([call("f", { a: 1 }, { id: "x" }), call("f", { a: 2 }, { id: "x" }), call("g", {})])["tool_calls"],
    ).toEqual([
      { id: "x", type: "function", function: { name: "f", arguments: '{"a":1}' } },
      { id: "call_1", type: "function", function: { name: "f", arguments: '{"a":2}' } },
      { id: "call_2", type: "function", function: { name: "g", arguments: "{}" } },
    ]);
  });

  test("what a transcribing model heard is the text, once, wherever it says so", () => {
    const heard = { text: "Hello.", speakerLabel: "spk_1" };
    expect(messageOf([{ audioTranscription: heard }, { audioTranscription: { text: " You." } }])["content"]).toBe(
      "Hello. You.",
    );
    expect(messageOf([{ text: "Hello.", audioTranscription: heard }])["content"]).toBe("Hello.");
  });

  test("a call without args has empty arguments", () => {
    expect(messageOf([call("f")])["tool_calls"]).toMatchObject([{ function: { arguments: "{}" } }]);
  });

  test("signatures stand on the call they belong to, and on the message for text", () => {
    const message = messageOf([
      { text: "a", thoughtSignature: "dGV4dA==" },
      { ...call("f"), thoughtSignature: "Y2FsbA==" },
      call("g"),
    ]);
    expect(message).toMatchObject({
      extra_content: { google: { thought_signature: "dGV4dA==" } },
      tool_calls: [{ extra_content: { google: { thought_signature: "Y2FsbA==" } } }, { function: { name: "g" } }],
    });
    expect(JSON.stringify(message["tool_calls"])).not.toContain("null");
  });

  test("text and calls in one answer both survive", () => {
    expect(choiceOf([{ text: "Let me see" }, call("f")])).toMatchObject({
      message: { content: "Let me see", tool_calls: [{}] },
      finish_reason: "tool_calls",
    });
  });

  test("text and a call in one part both survive", () => {
    expect(
      messageOf([
        { text: "Hm", ...call("f") },
        { text: "", ...call("g") },
      ]),
    ).toMatchObject({
      content: "Hm",
      tool_calls: [{ function: { name: "f" } }, { function: { name: "g" } }],
    });
  });

  test("an answer of calls only has null content, as OpenAI's", () => {
    expect(messageOf([call("f")])["content"]).toBeNull();
  });

  test("thoughts are reasoning_content, never content", () => {
    expect(messageOf([{ text: "hmm", thought: true }, { text: "Yes" }])).toMatchObject({
      content: "Yes",
      reasoning_content: "hmm",
    });
  });

  test("images and audio come as OpenAI's parts", () => {
    const parts = [{ text: "here" }, { inlineData: { mimeType: "image/png", data: "AAAA" }, thoughtSignature: "c2ln" }];
    expect(messageOf(parts)["images"]).toEqual([
      {
        index: 0,
        type: "image_url",
        image_url: { url: "data:image/png;base64,AAAA" },
        extra_content: { google: { thought_signature: "c2ln" } },
      },
    ]);
    expect(messageOf([{ inlineData: { mimeType: "audio/L16;rate=24000", data: "AAAA" } }])).toMatchObject({
      content: null,
      audio: { data: "AAAA", transcript: "" },
    });
  });

  test("code that Gemini ran is readable text, whatever backticks it holds", () => {
    const parts = [
      { text: "Sum:" },
      { executableCode: { language: "PYTHON", code: "print('```')" } },
      { codeExecutionResult: { outcome: "OUTCOME_OK", output: "```\n" } },
      { codeExecutionResult: { outcome: "OUTCOME_FAILED", output: "boom" } },
    ];
    expect(messageOf(parts)["content"]).toBe(
      "Sum:\n````python\nprint('```')\n````\n\n````output\n```\n````\n\n```outcome_failed\nboom\n```\n",
    );
  });

  test("steps of Google's own tools are kept for who wants them", () => {
    const step = { toolCall: { toolType: "GOOGLE_SEARCH_WEB", id: "1" }, thoughtSignature: "c2ln" };
    expect(messageOf([step, { text: "found" }])).toMatchObject({
      content: "found",
      extra_content: { google: { parts: [step] } },
    });
  });

  test("log probabilities are OpenAI's, with the bytes of each token", () => {
    const logprobsResult = {
      chosenCandidates: [{ token: "é", logProbability: -0.5 }],
      topCandidates: [
        {
          candidates: [
            { token: "é", logProbability: -0.5 },
            { token: "e", logProbability: -2 },
          ],
        },
      ],
    };
    expect(choiceOf([{ text: "é" }], { logprobsResult })["logprobs"]).toEqual({
      content: [
        {
          token: "é",
          logprob: -0.5,
          bytes: [195, 169],
          top_logprobs: [
            { token: "é", logprob: -0.5, bytes: [195, 169] },
            { token: "e", logprob: -2, bytes: [101] },
          ],
        },
      ],
      refusal: null,
    });
  });
});

describe("sources", () => {
  const grounded = (text: string, groundingMetadata: object) =>
    messageOf([{ text }], { groundingMetadata })["annotations"];

  test("grounding becomes url_citation, positions counted in characters instead of bytes", () => {
    const metadata = {
      groundingChunks: [
        { web: { uri: "https://a", title: "A" } },
        { maps: { uri: "https://b" } },
        { retrievedContext: { text: "x" } },
      ],
      groundingSupports: [
        { segment: { startIndex: 6, endIndex: 13 }, groundingChunkIndices: [0, 1, 2, 9] },
        { segment: { endIndex: 6 }, groundingChunkIndices: [1] },
      ],
    };
    // In bytes: S 0, ü 1, ß 3, space 5, 🎉 6, space 10, o 11, k 12.
    const cite = (start_index: number, end_index: number, url: string, title: string) => ({
      type: "url_citation",
      url_citation: { start_index, end_index, url, title },
    });
    expect(grounded("Süß 🎉 ok", metadata)).toEqual([
      cite(4, 8, "https://a", "A"),
      cite(4, 8, "https://b", "https://b"),
      cite(0, 4, "https://b", "https://b"),
    ]);
  });

  test("a character of each length in UTF-8 is one", () => {
    const texts = ["\u007f", "\u0080", "\u07ff", "\u0800", "\uffff", "\u{10000}"];
    const metadata = (text: string) => ({
      groundingChunks: [{ retrievedContext: { uri: "https://a", title: "A" } }],
      groundingSupports: [
        {
          segment: { startIndex: Buffer.byteLength(text), endIndex: Buffer.byteLength(text) + 1 },
          groundingChunkIndices: [0],
        },
      ],
    });
    for (const text of texts) {
      expect(grounded(`${text}b`, metadata(text)), JSON.stringify(text)).toMatchObject([
        { url_citation: { start_index: 1, end_index: 2, url: "https://a" } },
      ]);
    }
  });

  test("positions are of the part that they name", () => {
    const support = (partIndex: number, startIndex: number, endIndex: number) => ({
      segment: { partIndex, startIndex, endIndex },
      groundingChunkIndices: [0],
    });
    const groundingMetadata = {
      groundingChunks: [{ web: { uri: "https://a", title: "A" } }],
      groundingSupports: [support(0, 0, 3), support(1, 0, 2), support(3, 0, 3), support(9, 0, 3)],
    };
    const parts = [{ text: "Süß " }, { text: "ok " }, { text: "hm", thought: true }, { text: "é!" }];
    const { annotations } = messageOf(parts, { groundingMetadata });
    // Süß 0–3, ok 4–6, é! 7–9; a part that there is not counts as the first.
    const range = (start_index: number, end_index: number) => ({ url_citation: { start_index, end_index } });
    expect(annotations).toMatchObject([range(0, 2), range(4, 6), range(7, 9), range(0, 2)]);
  });

  test("a source that no sentence names is cited for all of the text", () => {
    expect(grounded("abc", { groundingChunks: [{ web: { uri: "https://a", title: "A" } }] })).toEqual([
      { type: "url_citation", url_citation: { start_index: 0, end_index: 3, url: "https://a", title: "A" } },
    ]);
    const image = { sourceUri: "https://page", imageUri: "https://page/a.png", title: "A" };
    expect(grounded("abc", { groundingChunks: [{ image }] })).toMatchObject([
      { url_citation: { url: "https://page" } },
    ]);
  });

  test("citations of recited text too, in both of Google's spellings", () => {
    const of = (citationMetadata: object) => messageOf([{ text: "abcdef" }], { citationMetadata })["annotations"];
    const cited = [
      { type: "url_citation", url_citation: { start_index: 2, end_index: 4, url: "https://a", title: "https://a" } },
    ];
    expect(of({ citationSources: [{ startIndex: 2, endIndex: 4, uri: "https://a" }, {}] })).toEqual(cited);
    expect(of({ citations: [{ startIndex: 2, endIndex: 4, uri: "https://a" }] })).toEqual(cited);
  });

  test("what Google says of its search is kept whole", () => {
    const groundingMetadata = { webSearchQueries: ["q"], searchEntryPoint: { renderedContent: "<b>" } };
    expect(
      messageOf([{ text: "a" }], { groundingMetadata, urlContextMetadata: { urlMetadata: [] } })["extra_content"],
    ).toEqual({
      google: { grounding_metadata: groundingMetadata, url_context_metadata: { urlMetadata: [] } },
    });
  });
});

describe("finish reasons", () => {
  const finish = (finishReason: string, parts: unknown[] = [{ text: "x" }]) =>
    choiceOf(parts, { finishReason })["finish_reason"];

  test.each([
    ["STOP", "stop"],
    ["MAX_TOKENS", "length"],
    ["CONTINUATION", "length"],
    ["SAFETY", "content_filter"],
    ["RECITATION", "content_filter"],
    ["LANGUAGE", "content_filter"],
    ["BLOCKLIST", "content_filter"],
    ["PROHIBITED_CONTENT", "content_filter"],
    ["SPII", "content_filter"],
    ["IMAGE_SAFETY", "content_filter"],
    ["IMAGE_PROHIBITED_CONTENT", "content_filter"],
    ["IMAGE_RECITATION", "content_filter"],
    ["MODEL_ARMOR", "content_filter"],
  ])("%s is %s, and what is withheld whole says why as its refusal", (reason, expected) => {
    expect(finish(reason)).toBe(expected);
    if (expected !== "content_filter") return;
    const refusal = expect.stringContaining(reason);
    expect(choiceOf([], { finishReason: reason })).toMatchObject({ finish_reason: expected, message: { refusal } });
  });

  test("a call turns STOP into tool_calls and nothing else", () => {
    expect(finish("STOP", [call("f")])).toBe("tool_calls");
    expect(finish("MAX_TOKENS", [call("f")])).toBe("length");
    expect(finish("SAFETY", [call("f")])).toBe("content_filter");
  });

  test.each([
    "MALFORMED_FUNCTION_CALL",
    "UNEXPECTED_TOOL_CALL",
    "TOO_MANY_TOOL_CALLS",
    "MISSING_THOUGHT_SIGNATURE",
    "MALFORMED_RESPONSE",
  ])("%s is a failure that routing can try again, with Gemini's words", (finishReason) => {
    const answer = { candidates: [{ content: { parts: [{ text: "x" }] }, finishReason, finishMessage: "bad call" }] };
    expect(refusal(() => complete(answer))).toMatchObject({
      status: 502,
      condition: "invalid_response",
      message: expect.stringContaining("bad call"),
    });
  });

  test.each(["OTHER", "IMAGE_OTHER", "NO_IMAGE", "ESCALATION", "SOMETHING_NEW", "constructor"])(
    "%s is no clean stop: with text it is filtered, without it, or with thoughts alone, a failure",
    (reason) => {
      expect(finish(reason)).toBe("content_filter");
      for (const parts of [[], [{ text: "hm", thought: true }]]) {
        expect(refusal(() => finish(reason, parts))).toMatchObject({ status: 502, condition: "invalid_response" });
      }
    },
  );

  test("one of several candidates that broke leaves the others; all that broke are a failure", () => {
    const broken = { index: 1, finishReason: "MALFORMED_FUNCTION_CALL", finishMessage: "bad call" };
    const good = { index: 0, content: { parts: [{ text: "a" }] }, finishReason: "STOP" };
    expect(complete({ candidates: [good, broken] }).body["choices"]).toMatchObject([
      { index: 0, message: { content: "a" }, finish_reason: "stop" },
      { index: 1, message: { content: null, refusal: "bad call" }, finish_reason: "content_filter" },
    ]);
    expect(refusal(() => complete({ candidates: [{ ...broken, index: 0 }, broken] }))).toMatchObject({ status: 502 });
  });

  test("a blocked prompt is content_filter with the reason as refusal", () => {
    const { body } = complete({
      promptFeedback: { blockReason: "SAFETY", blockReasonMessage: "too dark" },
      usageMetadata: { promptTokenCount: 3, totalTokenCount: 3 },
    });
    expect(body["choices"]).toEqual([
      {
        index: 0,
        message: {
          role: "assistant",
          content: null,
          refusal: "Gemini blocked the prompt (SAFETY): too dark",
          annotations: [],
        },
        logprobs: null,
        finish_reason: "content_filter",
      },
    ]);
    expect(body["usage"]).toMatchObject({ prompt_tokens: 3, completion_tokens: 0 });
  });

  test.each([
    ["text that has not ended", { content: { parts: [{ text: "a" }] } }, "a", null],
    ["nothing said", { index: 0 }, null, "Gemini blocked the prompt (SAFETY)."],
  ])("a blocked prompt beside a candidate with %s is content_filter too", (_, given, content, refusal) => {
    const { body } = complete({ candidates: [given], promptFeedback: { blockReason: "SAFETY" } });
    expect(body["choices"]).toMatchObject([{ message: { content, refusal }, finish_reason: "content_filter" }]);
  });

  test("an answer that was withheld says why as refusal", () => {
    expect(messageOf([], { finishReason: "SAFETY" })).toMatchObject({
      content: null,
      refusal: "Gemini withheld its answer (SAFETY).",
    });
    expect(messageOf([], { finishReason: "RECITATION", finishMessage: "recited" })["refusal"]).toBe("recited");
    expect(messageOf([{ text: "hm", thought: true }], { finishReason: "SAFETY" })).toMatchObject({
      content: null,
      reasoning_content: "hm",
      refusal: "Gemini withheld its answer (SAFETY).",
    });
  });

  const stopped = (...parts: unknown[]) => ({ candidates: [{ content: { parts }, finishReason: "STOP" }] });

  test.each([
    ["no candidates", {}],
    ["an empty list", { candidates: [], usageMetadata: { totalTokenCount: 0 } }],
    ["a candidate without content", { candidates: [{ finishReason: "STOP" }] }],
    ["content without parts", { candidates: [{ content: { role: "model" }, finishReason: "STOP" }] }],
    ["an empty text", { candidates: [{ content: { parts: [{ text: "" }] }, finishReason: "STOP" }] }],
    [
      "a signature only",
      { candidates: [{ content: { parts: [{ text: "", thoughtSignature: "c2ln" }] }, finishReason: "STOP" }] },
    ],
    ["thoughts only", stopped({ text: "hm", thought: true })],
    ["an image of the thoughts only", stopped({ inlineData: { mimeType: "image/png", data: "AAAA" }, thought: true })],
    ["a search of Google's own only", stopped({ toolCall: { id: "1" } }, { toolResponse: { id: "1" } })],
  ])("%s is an empty completion: another attempt, else 502", (_, answer) => {
    expect(refusal(() => complete(answer))).toMatchObject({
      status: 502,
      code: "empty_completion",
      condition: "empty_completion",
    });
  });

  test.each([[[]], [[{ text: "hm", thought: true }]]])(
    "an answer that thinking used up is length, not a failure: %j",
    (parts) => {
      expect(choiceOf(parts, { finishReason: "MAX_TOKENS" })).toMatchObject({
        message: { content: "" },
        finish_reason: "length",
      });
    },
  );

  test.each([
    ["an image", { inlineData: { mimeType: "image/png", data: "AAAA" } }],
    ["a file of another kind", { inlineData: { mimeType: "video/mp4", data: "AAAA" } }],
  ])("%s alone is an answer", (_, part) => {
    expect(choiceOf([part])["finish_reason"]).toBe("stop");
  });

  test.each([
    ["no object", "hello"],
    ["a list", []],
    ["nothing", undefined],
  ])("%s is an unreadable answer", (_, answer) => {
    expect(refusal(() => complete(answer))).toMatchObject({ status: 502, condition: "invalid_response" });
  });

  test("an error object in a 200 is that error", () => {
    expect(
      refusal(() => complete({ error: { code: 429, message: "slow down", status: "RESOURCE_EXHAUSTED" } })),
    ).toMatchObject({
      status: 429,
      message: "slow down",
      condition: "rate_limited",
    });
  });

  test.each([
    ["an empty completion", [], "STOP"],
    ["a call that could not be read", [], "MALFORMED_FUNCTION_CALL"],
  ])("%s has cost its tokens all the same", (_, parts, finishReason) => {
    const answer = {
      ...candidate(parts, { finishReason }),
      usageMetadata: { promptTokenCount: 3, thoughtsTokenCount: 4 },
    };
    expect(refusal(() => complete(answer))).toMatchObject({
      status: 502,
      usage: { promptTokens: 3, completionTokens: 4 },
    });
  });

  test("more choices or calls than anybody asks for are no answer", () => {
    const choices = Array.from({ length: 129 }, (_, index) => ({ index, content: { parts: [{ text: "x" }] } }));
    expect(refusal(() => complete({ candidates: choices })).message).toContain("more than 128 choices");
    const call = { functionCall: { name: "f", args: {} } };
    expect(refusal(() => complete(candidate(Array(1_025).fill(call)))).message).toContain("more than 1024 tool calls");
  });
});
