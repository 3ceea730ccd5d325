import type { JsonObject } from "@ai-proxy/shared/json";
import { describe, expect, test } from "vitest";
import { accumulate } from "./accumulate.ts";
import { candidate, deltas, messageOf, play, sse } from "./helpers.ts";

const image = (data: string, thoughtSignature: string) => ({
  inlineData: { mimeType: "image/png", data },
  thoughtSignature,
});
const sound = (data: string) => ({ inlineData: { mimeType: "audio/L16;rate=24000", data } });
const search = [
  { toolCall: { toolType: "GOOGLE_SEARCH_WEB", args: { queries: ["x"] }, id: "s1" }, thoughtSignature: "U1RFUDE=" },
  { toolResponse: { toolType: "GOOGLE_SEARCH_WEB", response: { found: "<div>" }, id: "s1" } },
];
const groundingMetadata = {
  webSearchQueries: ["x"],
  groundingChunks: [{ web: { uri: "https://a", title: "A" } }],
  groundingSupports: [{ segment: { startIndex: 0, endIndex: 2 }, groundingChunkIndices: [0] }],
};

/** What a whole answer says more than a stream, as at OpenAI. */
const SAID_BY_WHOLE_ANSWERS = { refusal: null, annotations: [] };

describe("a client that glues deltas together has the message of the whole answer", () => {
  test.each<[string, unknown[], JsonObject]>([
    ["images", [{ text: "two", thoughtSignature: "VFhU" }, image("AAAA", "SU1HMQ=="), image("BBBB", "SU1HMg==")], {}],
    ["an image only", [image("AAAA", "SU1HMQ==")], {}],
    [
      "steps of a search, and a call",
      [...search, { functionCall: { name: "f", id: "g1" }, thoughtSignature: "Q0FMTA==" }],
      {},
    ],
    [
      "steps, a signature and sources",
      [...search, { text: "Hi" }, { text: "", thoughtSignature: "VEVYVA==" }],
      { groundingMetadata },
    ],
    [
      "several signatures",
      [
        { text: "a", thoughtSignature: "QUFB" },
        { text: "b", thoughtSignature: "QkJC" },
      ],
      {},
    ],
    ["thoughts", [{ text: "hm ", thought: true }, { text: "well", thought: true }, { text: "Yes" }], {}],
    ["audio", [sound("AAAA"), sound("AQEBAQ=="), sound("AgIC")], {}],
    [
      "parallel calls",
      [{ functionCall: { name: "f", id: "g1" }, thoughtSignature: "U0lH" }, { functionCall: { name: "g", id: "g2" } }],
      {},
    ],
  ])("%s", (_, parts, rest) => {
    const ends = { finishReason: "STOP", ...rest };
    const chunks = parts.map((part, at) => candidate([part], at === parts.length - 1 ? ends : {}));
    const accumulated = accumulate(deltas(play(sse(...chunks))));
    const calls = accumulated["tool_calls"];
    expect({
      ...SAID_BY_WHOLE_ANSWERS,
      ...accumulated,
      ...(Array.isArray(calls) && { tool_calls: calls.map(({ index: _index, ...call }: JsonObject) => call) }),
    }).toEqual(messageOf(parts, rest));
  });
});
