import type { JsonObject } from "@ai-proxy/shared/json";
import { describe, expect, test } from "vitest";
import { embeddingList } from "../src/embedding-list.ts";
import { embeddingRuns } from "../src/embedding-runs.ts";

const BGE = "@cf/baai/bge-m3";
const QWEN = "@cf/qwen/qwen3-embedding-0.6b";

const texts = (count: number) => Array.from({ length: count }, (_, at) => `text ${at}`);
const inputs = (body: JsonObject, model: string) => embeddingRuns(body, model).map((run) => run.inputs);

describe("inputs", () => {
  test("a text or a list of them, in runs of as many as the model takes", () => {
    expect(inputs({ input: "a" }, BGE)).toEqual([{ text: ["a"] }]);
    expect(embeddingRuns({ input: texts(150) }, BGE).map(({ count }) => count)).toEqual([100, 50]);
    expect(embeddingRuns({ input: texts(150) }, QWEN).map(({ count }) => count)).toEqual([32, 32, 32, 32, 22]);
  });

  test.each([
    [BGE, 2_048, 21],
    [QWEN, 1_440, 45],
  ])("%s takes %i texts in one request, so that no plan's limit of subrequests is met", (model, most, runs) => {
    expect(embeddingRuns({ input: texts(most) }, model)).toHaveLength(runs);
    expect(() => embeddingRuns({ input: texts(most + 1) }, model)).toThrow(
      expect.objectContaining({
        status: 400,
        param: "input",
        code: "array_above_max_length",
        message: expect.stringContaining(`at most ${most} texts`),
      }),
    );
  });

  test("a model of another vendor gets the request as it is, in one", () => {
    const fields = { input: texts(200), dimensions: 256, encoding_format: "base64", user: "u" };
    const given = embeddingRuns({ model: "openai/x", provider: "cloudflare", ...fields }, "openai/x");
    expect(given).toMatchObject([{ inputs: fields, count: 200 }]);
    expect(given[0]?.inputs).toEqual(fields);
  });

  test.each([
    ["a b", 1],
    [["a", "b"], 2],
    [[1, 2, 3], 1],
    [[[1, 2], [3]], 2],
  ])("and for %j it gives %i vectors", (input, count) => {
    expect(embeddingRuns({ input }, "openai/x")).toMatchObject([{ inputs: { input }, count }]);
  });

  test("the model's own fields go along in each run, OpenAI's and the gateway's do not", () => {
    const own = { pooling: "cls", truncate_inputs: true, instruction: "Find" };
    const openai = { model: "bge", encoding_format: "base64", dimensions: null, user: "u", prompt_cache_key: "k" };
    const body = { input: ["a"], ...own, ...openai, provider: "cloudflare", routing: {}, fallbacks: [] };
    expect(inputs(body, BGE)).toEqual([{ text: ["a"], ...own }]);
  });

  test.each([
    [{ input: "a", encoding_format: "bytes" }, "encoding_format", "invalid_value"],
    [{ input: "" }, "input", "invalid_type"],
    [{ input: [] }, "input", "invalid_type"],
    [{ input: [1, 2, 3] }, "input[0]", "invalid_type"],
    [{ input: ["a", ""] }, "input[1]", "invalid_type"],
    [{ input: Array(3_000).fill(1) }, "input[0]", "invalid_type"],
    [{ input: "a", dimensions: 256 }, "dimensions", "unsupported_parameter"],
    [{ input: "a", contexts: [{ text: "b" }] }, "contexts", "unsupported_parameter"],
    [{ input: "a", text: ["b"] }, "text", "unsupported_parameter"],
    [{ input: "a", queries: ["b"] }, "queries", "unsupported_parameter"],
    [{ input: "a", documents: ["b"] }, "documents", "unsupported_parameter"],
    [{ input: "a", query: "b" }, "query", "unsupported_parameter"],
    [{ input: "a", requests: ["b"] }, "requests", "unsupported_parameter"],
  ])("%j is a 400 that names %s", (body, param, code) => {
    expect(() => embeddingRuns(body, BGE)).toThrow(expect.objectContaining({ status: 400, param, code }));
  });
});

describe("the list", () => {
  const runs = [...embeddingRuns({ input: ["a", "b"] }, BGE), ...embeddingRuns({ input: "c" }, BGE)];
  const outputs = [
    {
      data: [
        [0.5, -1],
        [0.25, 2],
      ],
      shape: [2, 2],
    },
    { data: [[1, 0]] },
  ];

  test("vectors of all runs in the order of the texts", () => {
    const { body, usageEstimated } = embeddingList(outputs, { runs, model: "bge", encodingFormat: undefined });
    expect(body).toMatchObject({
      object: "list",
      model: "bge",
      data: [
        { object: "embedding", index: 0, embedding: [0.5, -1] },
        { index: 1, embedding: [0.25, 2] },
        { index: 2, embedding: [1, 0] },
      ],
      usage: { prompt_tokens: 3, total_tokens: 3 },
    });
    expect(usageEstimated).toBe(true);
  });

  test("of a model in OpenAI's shape is the same list", () => {
    const shaped = outputs.map(({ data }) => ({
      object: "list",
      data: data.map((embedding, index) => ({ object: "embedding", index, embedding })),
    }));
    const request = { runs, model: "bge", encodingFormat: undefined };
    expect(embeddingList(shaped, request)).toEqual(embeddingList(outputs, request));
  });

  test("base64 decodes to the same numbers, as OpenAI's SDK reads them", () => {
    const { body } = embeddingList(outputs, { runs, model: "bge", encodingFormat: "base64" });
    const [first] = body["data"] as { embedding: string }[];
    const bytes = Buffer.from(first?.embedding ?? "", "base64");
    expect([...new Float32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4)]).toEqual([0.5, -1]);
  });

  test("base64 that another vendor's model gives stays, unless numbers are asked for", () => {
    const vendors = [{ data: [{ embedding: "AAAAPw==", index: 0 }], usage: { prompt_tokens: 5, total_tokens: 5 } }];
    const request = { runs: embeddingRuns({ input: "a" }, "openai/x"), model: "x" };
    expect(embeddingList(vendors, { ...request, encodingFormat: "base64" })).toMatchObject({
      body: { data: [{ object: "embedding", index: 0, embedding: "AAAAPw==" }] },
      usage: { promptTokens: 5 },
    });
    expect(() => embeddingList(vendors, { ...request, encodingFormat: "float" })).toThrow(
      expect.objectContaining({ status: 502 }),
    );
  });

  test("tokens that the model counted are taken", () => {
    const counted = outputs.map((output, at) => ({
      ...output,
      usage: { prompt_tokens: 5 + at, total_tokens: 5 + at },
    }));
    expect(embeddingList(counted, { runs, model: "bge", encodingFormat: "float" })).toMatchObject({
      usage: { promptTokens: 11 },
      usageEstimated: false,
    });
  });

  test.each([
    [{ response: "Hi" }],
    [{ data: [[1]] }],
    [{ data: ["x", "y"] }],
    [{ data: [[1], []] }],
    [{ data: [[1], ["2"]] }],
    [{ data: [[1], null] }],
  ])("%j, which is not a vector a text, is a 502", (output) => {
    const request = { runs: runs.slice(0, 1), model: "bge", encodingFormat: undefined };
    expect(() => embeddingList([output], request)).toThrow(expect.objectContaining({ status: 502 }));
  });
});
