import { describe, expect, test } from "vitest";
import { embeddingInputs, embeddingList } from "../src/embeddings.ts";

const BGE = "@cf/baai/bge-m3";

describe("inputs", () => {
  test("a text or a list of them, in runs of as many as the model takes", () => {
    expect(embeddingInputs({ input: "a" }, BGE)).toEqual([{ text: ["a"] }]);
    const many = Array.from({ length: 150 }, (_, at) => `text ${at}`);
    expect(embeddingInputs({ input: many }, BGE).map(({ text }) => text.length)).toEqual([100, 50]);
    expect(embeddingInputs({ input: many }, "@cf/qwen/qwen3-embedding-0.6b").map(({ text }) => text.length)).toEqual([
      32, 32, 32, 32, 22,
    ]);
  });

  test("the model's own fields go along in each run, OpenAI's and the gateway's do not", () => {
    const own = { pooling: "cls", truncate_inputs: true, instruction: "Find" };
    const openai = { model: "bge", encoding_format: "base64", dimensions: null, user: "u", prompt_cache_key: "k" };
    const body = { input: ["a"], ...own, ...openai, provider: "cloudflare", routing: {}, fallbacks: [] };
    expect(embeddingInputs(body, BGE)).toEqual([{ text: ["a"], ...own }]);
  });

  test.each([
    [{ input: "" }, "input"],
    [{ input: [] }, "input"],
    [{ input: [1, 2, 3] }, "input[0]"],
    [{ input: ["a", ""] }, "input[1]"],
    [{ input: "a", dimensions: 256 }, "dimensions"],
    [{ input: "a", contexts: [{ text: "b" }] }, "contexts"],
    [{ input: "a", text: ["b"] }, "text"],
  ])("%j is a 400 that names %s", (body, param) => {
    expect(() => embeddingInputs(body, BGE)).toThrow(expect.objectContaining({ status: 400, param }));
  });
});

describe("the list", () => {
  const batches = [{ text: ["a", "b"] }, { text: ["c"] }];
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
    const { body, usageEstimated } = embeddingList(outputs, { batches, model: "bge", encodingFormat: undefined });
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
    const request = { batches, model: "bge", encodingFormat: undefined };
    expect(embeddingList(shaped, request)).toEqual(embeddingList(outputs, request));
  });

  test("base64 decodes to the same numbers, as OpenAI's SDK reads them", () => {
    const { body } = embeddingList(outputs, { batches, model: "bge", encodingFormat: "base64" });
    const [first] = body["data"] as { embedding: string }[];
    const bytes = Buffer.from(first?.embedding ?? "", "base64");
    expect([...new Float32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4)]).toEqual([0.5, -1]);
  });

  test("tokens that the model counted are taken", () => {
    const counted = outputs.map((output, at) => ({
      ...output,
      usage: { prompt_tokens: 5 + at, total_tokens: 5 + at },
    }));
    expect(embeddingList(counted, { batches, model: "bge", encodingFormat: "float" })).toMatchObject({
      usage: { promptTokens: 11 },
      usageEstimated: false,
    });
  });

  test.each([[{ response: "Hi" }], [{ data: [[1]] }], [{ data: ["x", "y"] }]])(
    "%j, which is not a vector a text, is a 502",
    (output) => {
      const request = { batches: [{ text: ["a", "b"] }], model: "bge", encodingFormat: undefined };
      expect(() => embeddingList([output], request)).toThrow(expect.objectContaining({ status: 502 }));
    },
  );
});
