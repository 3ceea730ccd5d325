import { describe, expect, test } from "vitest";
import { bytesOf, callsOf, candidate, deltas, finishes, play, playBytes, rows, sse, textOf } from "./helpers.ts";

const call = (name: string, args?: object, rest: object = {}) => ({
  functionCall: { name, ...(args && { args }), ...rest },
});
const usageMetadata = { promptTokenCount: 3, candidatesTokenCount: 2, totalTokenCount: 5 };
const STOP = { finishReason: "STOP" };

describe("chunks", () => {
  const run = play(
    sse({ ...candidate([{ text: "Hel" }]), modelVersion: "gemini-2.5-flash-001" }, candidate([{ text: "lo" }], STOP)),
  );

  test("have one id, created and model, role in the first delta, an index, and the finish last", () => {
    expect(run.chunks).toEqual(
      [
        { index: 0, delta: { role: "assistant", content: "Hel" }, logprobs: null, finish_reason: null },
        { index: 0, delta: { content: "lo" }, logprobs: null, finish_reason: null },
        { index: 0, delta: {}, logprobs: null, finish_reason: "stop" },
      ].map((row) => ({
        id: "chatcmpl-1",
        object: "chat.completion.chunk",
        created: 7,
        model: "asked-for",
        system_fingerprint: "gemini-2.5-flash-001",
        choices: [row],
      })),
    );
    expect(run.done).toBe(1);
    expect(run.stream.servedModel).toBe("gemini-2.5-flash-001");
  });

  test("usage is not shown unless asked for, but known inside", () => {
    const quiet = play(sse({ ...candidate([{ text: "x" }], STOP), usageMetadata }));
    expect(JSON.stringify(quiet.chunks)).not.toContain("usage");
    expect(quiet.stream.usage).toMatchObject({ promptTokens: 3, completionTokens: 2 });
  });

  test("usage that was asked for is the last chunk, without choices, before [DONE]", () => {
    const asked = play(sse({ ...candidate([{ text: "x" }], STOP), usageMetadata }), true);
    expect(asked.chunks.at(-1)).toMatchObject({
      choices: [],
      usage: { prompt_tokens: 3, completion_tokens: 2, total_tokens: 5 },
    });
    expect(asked.chunks.slice(0, -1).map((chunk) => chunk["usage"])).toEqual([null, null]);
  });

  test("counts need no asking: Gemini sends them with every stream; one without is estimated, and says so", () => {
    const { stream } = play(sse(candidate([{ text: "four words of text" }], STOP)), true);
    expect(stream.usageEstimated).toBe(true);
    expect(stream.usage).toMatchObject({ promptTokens: 7, completionTokens: 5 });
  });

  test("thoughts are reasoning_content, text and signature follow", () => {
    const thinking = play(
      sse(
        candidate([{ text: "hm", thought: true }]),
        candidate([{ text: "Yes" }]),
        candidate([{ text: "", thoughtSignature: "c2ln" }], STOP),
      ),
    );
    expect(deltas(thinking)).toEqual([
      { role: "assistant", content: null, reasoning_content: "hm" },
      { content: "Yes" },
      { extra_content: { google: { thought_signature: "c2ln" } } },
      {},
    ]);
  });

  test("log probabilities come with their chunk, images before the finish", () => {
    const logprobsResult = { chosenCandidates: [{ token: "x", logProbability: -1 }] };
    const rich = play(
      sse(
        candidate([{ text: "x" }], { logprobsResult }),
        candidate([{ inlineData: { mimeType: "image/png", data: "AAAA" } }]),
        candidate([{ inlineData: { mimeType: "image/png", data: "BBBB" } }, { text: "y" }], STOP),
      ),
    );
    expect(rows(rich)[0]?.["logprobs"]).toMatchObject({ content: [{ token: "x", logprob: -1 }] });
    const image = (index: number, data: string) => ({
      index,
      type: "image_url",
      image_url: { url: `data:image/png;base64,${data}` },
    });
    expect(deltas(rich).slice(1)).toEqual([{ content: "y" }, { images: [image(0, "AAAA"), image(1, "BBBB")] }, {}]);
  });

  test("sources come once, before the finish", () => {
    const groundingMetadata = {
      groundingChunks: [{ web: { uri: "https://a", title: "A" } }],
      groundingSupports: [{ segment: { startIndex: 3, endIndex: 5 }, groundingChunkIndices: [0] }],
    };
    const grounded = play(
      sse(
        candidate([{ text: "abc" }], { groundingMetadata: {} }),
        candidate([{ text: "de" }], { ...STOP, groundingMetadata }),
      ),
    );
    expect(deltas(grounded).slice(2)).toEqual([
      {
        annotations: [
          { type: "url_citation", url_citation: { start_index: 3, end_index: 5, url: "https://a", title: "A" } },
        ],
        extra_content: { google: { grounding_metadata: groundingMetadata } },
      },
      {},
    ]);
  });

  test("each chunk cites for its own stretch: all citations are kept, a repeated one once", () => {
    const citing = (text: string, startIndex: number, uri: string) =>
      candidate([{ text }], { citationMetadata: { citationSources: [{ startIndex, endIndex: startIndex + 2, uri }] } });
    const cited = play(
      sse(
        citing("abc", 0, "https://a"),
        citing("def", 3, "https://b"),
        citing("g", 3, "https://b"),
        candidate([], STOP),
      ),
    );
    const { annotations } = deltas(cited).at(-2) ?? {};
    expect(annotations).toHaveLength(2);
    expect(annotations).toMatchObject([
      { url_citation: { start_index: 0, end_index: 2, url: "https://a" } },
      { url_citation: { start_index: 3, end_index: 5, url: "https://b" } },
    ]);
  });

  test("positions of sources are of the part that they name, however it was cut up", () => {
    const groundingMetadata = {
      groundingChunks: [{ web: { uri: "https://a", title: "A" } }],
      groundingSupports: [
        { segment: { startIndex: 1, endIndex: 4 }, groundingChunkIndices: [0] },
        { segment: { partIndex: 2, startIndex: 1, endIndex: 4 }, groundingChunkIndices: [0] },
      ],
    };
    const step = { toolCall: { id: "1" } };
    const run = play(
      sse(
        candidate([{ text: "abc" }]),
        candidate([{ text: "de" }]),
        candidate([step]),
        candidate([{ text: "FG" }]),
        candidate([{ text: "HIJ" }], { ...STOP, groundingMetadata }),
      ),
    );
    expect(deltas(run).at(-2)?.["annotations"]).toMatchObject([
      { url_citation: { start_index: 1, end_index: 4 } },
      { url_citation: { start_index: 6, end_index: 9 } },
    ]);
  });

  test("several candidates are several choices, each with its own role and finish", () => {
    const events = [
      { candidates: [{ content: { parts: [{ text: "a" }] } }, { content: { parts: [{ text: "b" }] }, index: 1 }] },
      { candidates: [{ ...STOP, index: 1 }] },
      { candidates: [{ content: { parts: [{ text: "c" }] }, finishReason: "MAX_TOKENS" }] },
    ];
    const both = play(sse(...events));
    expect([textOf(both), textOf(both, "content", 1)]).toEqual(["ac", "b"]);
    expect([finishes(both), finishes(both, 1)]).toEqual([["length"], ["stop"]]);
    expect(deltas(both, 1)[0]).toEqual({ role: "assistant", content: "b" });
  });
});

describe("calls", () => {
  test("two in one chunk have index 0 and 1", () => {
    const run = play(sse(candidate([call("f", { a: 1 }), call("g", { b: 2 })], STOP)));
    expect(callsOf(run)).toEqual([
      { index: 0, id: "call_0", type: "function", function: { name: "f", arguments: '{"a":1}' } },
      { index: 1, id: "call_1", type: "function", function: { name: "g", arguments: '{"b":2}' } },
    ]);
  });

  test("one per chunk, of the same name, they count on, each with whole arguments and an integer index", () => {
    const run = play(sse(...[1, 2, 3].map((n) => candidate([call("f", { n })])), candidate([{ text: "" }], STOP)));
    expect(callsOf(run).map(({ index }) => index)).toEqual([0, 1, 2]);
    expect(callsOf(run).map((one) => one["function"])).toEqual(
      [1, 2, 3].map((n) => ({ name: "f", arguments: `{"n":${n}}` })),
    );
    expect(new Set(callsOf(run).map(({ id }) => id)).size).toBe(3);
  });

  test("a call and then STOP with empty text finishes with tool_calls", () => {
    const run = play(sse(candidate([call("f")]), candidate([{ text: "" }], STOP)));
    expect(finishes(run)).toEqual(["tool_calls"]);
    expect(deltas(run)[0]).toMatchObject({ role: "assistant", content: null });
  });

  test("a call and then MAX_TOKENS or SAFETY is not promoted", () => {
    expect(finishes(play(sse(candidate([call("f")]), candidate([], { finishReason: "MAX_TOKENS" }))))).toEqual([
      "length",
    ]);
    expect(finishes(play(sse(candidate([call("f")]), candidate([], { finishReason: "SAFETY" }))))).toEqual([
      "content_filter",
    ]);
  });

  test("no args are empty arguments; Gemini's own id and signature stay", () => {
    const run = play(sse(candidate([{ ...call("f", undefined, { id: "abc" }), thoughtSignature: "c2ln" }], STOP)));
    expect(callsOf(run)).toEqual([
      {
        index: 0,
        id: "abc",
        type: "function",
        function: { name: "f", arguments: "{}" },
        extra_content: { google: { thought_signature: "c2ln" } },
      },
    ]);
  });
});

describe("the end", () => {
  test("a last event without parts keeps finish and usage", () => {
    const run = play(sse(candidate([{ text: "x" }]), { candidates: [{ finishReason: "STOP" }], usageMetadata }), true);
    expect(finishes(run)).toEqual(["stop"]);
    expect(run.stream.usage).toMatchObject({ promptTokens: 3 });
  });

  test("events without candidates, or with none, do no harm", () => {
    const run = play(sse({ usageMetadata }, candidate([{ text: "x" }]), { candidates: [] }, candidate([], STOP)));
    expect(textOf(run)).toBe("x");
    expect(run.error).toBeNull();
  });

  test("text after the first finish reason is kept, and one finish is sent, the worst", () => {
    const run = play(
      sse(
        candidate([{ text: "a" }], STOP),
        candidate([{ text: "b" }], { finishReason: "RECITATION" }),
        candidate([{ text: "c" }], STOP),
      ),
    );
    expect(textOf(run)).toBe("abc");
    expect(finishes(run)).toEqual(["content_filter"]);
    expect(rows(run).at(-1)?.["finish_reason"]).toBe("content_filter");
  });

  test("one of several candidates that broke leaves the others", () => {
    const broken = { candidates: [{ index: 1, finishReason: "MALFORMED_FUNCTION_CALL", finishMessage: "bad call" }] };
    const run = play(sse(candidate([{ text: "a" }], STOP), broken));
    expect(run.error).toBeNull();
    expect(finishes(run)).toEqual(["stop"]);
    expect(finishes(run, 1)).toEqual(["content_filter"]);
    expect(textOf(run, "refusal", 1)).toBe("bad call");
  });

  test("a blocked prompt ends with content_filter and the reason", () => {
    const run = play(sse({ promptFeedback: { blockReason: "PROHIBITED_CONTENT" } }));
    expect(deltas(run)).toEqual([
      { role: "assistant", content: null, refusal: "Gemini blocked the prompt (PROHIBITED_CONTENT)." },
      {},
    ]);
    expect(finishes(run)).toEqual(["content_filter"]);
    expect(run.stream.contentSeen).toBe(true);
  });

  test("a prompt that turns out to be blocked after text ends with content_filter, not as a broken stream", () => {
    const run = play(sse(candidate([{ text: "a" }]), { promptFeedback: { blockReason: "SAFETY" } }));
    expect(run.error).toBeNull();
    expect(textOf(run)).toBe("a");
    expect(finishes(run)).toEqual(["content_filter"]);
  });

  test("log probabilities that come without text are not lost", () => {
    const logprobsResult = { chosenCandidates: [{ token: "x", logProbability: -1 }] };
    const run = play(sse(candidate([{ text: "x" }]), candidate([{ text: "" }], { ...STOP, logprobsResult })));
    expect(rows(run).map((row) => row["logprobs"])).toMatchObject([null, { content: [{ token: "x" }] }, null]);
    const none = play(sse(candidate([{ text: "x" }], { logprobsResult: {} }), candidate([], STOP)));
    expect(rows(none).map((row) => row["logprobs"])).toEqual([null, null]);
  });

  test("an answer that was withheld from the start says so", () => {
    const run = play(sse(candidate([], { finishReason: "SAFETY" })));
    expect(textOf(run, "refusal")).toBe("Gemini withheld its answer (SAFETY).");
  });

  test.each([
    [
      "output that broke",
      sse(candidate([{ text: "x" }]), candidate([], { finishReason: "MALFORMED_FUNCTION_CALL" })),
      "invalid_response",
    ],
    ["nothing said", sse(candidate([{ text: "" }], STOP)), "empty_completion"],
    ["no events", "", "empty_completion"],
    ["a search of Google's own", sse(candidate([{ toolCall: { id: "1" } }], STOP)), "empty_completion"],
    [
      "a stream that stops after an image without a finish",
      sse(candidate([{ inlineData: { mimeType: "image/png", data: "AAAA" } }])),
      "network",
    ],
    [
      "another end after thoughts alone",
      sse(candidate([{ text: "hm", thought: true }], { finishReason: "OTHER" })),
      "invalid_response",
    ],
    ["a stream that stops without a finish", sse(candidate([{ text: "x" }])), "network"],
    ["half an event", `${sse(candidate([{ text: "x" }]))}data: {"candidates":[{"con`, "invalid_response"],
    ["an error as first event", sse({ error: { code: 503, message: "busy", status: "UNAVAILABLE" } }), "overloaded"],
    [
      "an error after content",
      sse(candidate([{ text: "x" }]), { error: { code: 500, message: "oops" } }),
      "upstream_error",
    ],
  ])("%s is an error, with no finish reason made up", (_, text, condition) => {
    const run = play(text);
    expect(run.error).toMatchObject({ condition });
    expect(finishes(run)).toEqual([]);
    expect(run.done).toBe(0);
  });

  test("nothing counts as content before something was sent", () => {
    expect(
      play(sse({ usageMetadata }, candidate([{ text: "" }]), { error: { code: 503, message: "x" } })).stream
        .contentSeen,
    ).toBe(false);
    const seen = (...parts: unknown[]) => play(sse(candidate(parts), { error: { code: 503 } })).stream.contentSeen;
    expect(seen({ text: "a", thought: true })).toBe(true);
    // It waits for the end: another attempt can still take the place of one that breaks off.
    expect(seen({ inlineData: { mimeType: "image/png", data: "AAAA" } })).toBe(false);
    expect(seen({ toolCall: { id: "1" } }, { toolResponse: { id: "1" } })).toBe(false);
  });

  test("thoughts were sent and stand: a stream of nothing else ends as Gemini ended it", () => {
    const run = play(sse(candidate([{ text: "hm", thought: true }]), candidate([{ text: "" }], STOP)));
    expect(run.error).toBeNull();
    expect(textOf(run, "reasoning_content")).toBe("hm");
    expect(finishes(run)).toEqual(["stop"]);
  });
});

test("what a stream says is counted until Gemini counts: text, thoughts and calls", () => {
  const counted = (...parts: unknown[]) => play(sse(candidate(parts), { error: { code: 503 } })).stream.usage;
  expect(counted({ text: "four by four" })).toMatchObject({ promptTokens: 7, completionTokens: 3, reasoningTokens: 0 });
  expect(counted({ text: "four by four", thought: true })).toMatchObject({ completionTokens: 3, reasoningTokens: 3 });
  expect(counted(call("four", { by: "four" }))).toMatchObject({ completionTokens: 5, reasoningTokens: 0 });
});

test("a stream names the tier that served it", () => {
  const run = play(sse({ usageMetadata: { serviceTier: "priority" } }, candidate([{ text: "a" }], STOP)));
  expect(run.chunks[0]).toMatchObject({ service_tier: "priority" });
  expect(play(sse(candidate([{ text: "a" }], STOP))).chunks[0]).not.toHaveProperty("service_tier");
});

describe("framing", () => {
  const events = [
    candidate([{ text: "grüß 🎉" }]),
    candidate([{ text: ' "{[' }]),
    candidate([call("f", { q: '}"\\' })], STOP),
  ];
  const expected = play(sse(...events)).chunks;
  const frames: [string, string][] = [
    ["CRLF", sse(...events).replaceAll("\n", "\r\n")],
    ["no space after data:", sse(...events).replaceAll("data: ", "data:")],
    ["no newline at the end", sse(...events).trimEnd()],
    ["comments", `: ping\n\n${sse(...events).replaceAll("\n\n", "\n\n: keep-alive\n\n")}`],
    ["a [DONE] of the provider", `${sse(...events)}data: [DONE]\n\n`],
    ["a JSON list", JSON.stringify(events)],
    [
      "a JSON list, as Google writes it",
      ` \t\r\n[${events.map((event) => JSON.stringify(event, null, 2)).join("\n,\r\n")}\n]\n`,
    ],
  ];

  test.each(frames)("%s gives the same chunks", (_, text) => {
    const run = play(text);
    expect(run.chunks).toEqual(expected);
    expect(run.done).toBe(1);
  });

  test.each(frames)("%s, a byte at a time, gives the same chunks", (_, text) => {
    const bytes = bytesOf(text);
    expect(playBytes(bytes, Array.from(bytes.keys())).chunks).toEqual(expected);
  });

  test("an error in place of a stream is read in any framing", () => {
    const error = { error: { code: 400, message: "no", status: "INVALID_ARGUMENT" } };
    for (const text of [JSON.stringify(error), JSON.stringify([error]), sse(error), sse([error])]) {
      expect(play(text).error).toMatchObject({ status: 400, message: "no" });
    }
    expect(play(sse(candidate([{ text: "x" }]), [error])).error).toMatchObject({ status: 400, message: "no" });
  });

  test("a JSON list that breaks off is an error", () => {
    const text = JSON.stringify(events);
    expect(play(text.slice(0, -30)).error).not.toBeNull();
    expect(play(`${text.slice(0, -1)},{"cand`).error).not.toBeNull();
  });
});
