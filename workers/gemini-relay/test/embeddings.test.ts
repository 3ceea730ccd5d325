import { describe, expect, test } from "vitest";
import { readEmbeddingRequest, toEmbeddingList } from "../src/embeddings.ts";
import { refusal } from "./helpers.ts";

const MODEL = "models/gemini-embedding-001";
const plan = (body: object) => readEmbeddingRequest(JSON.stringify(body), MODEL);

describe("embeddings", () => {
  test("texts become one batch, in order, with the dimensions asked for", () => {
    expect(plan({ input: ["a", "b"], dimensions: 256, user: "u" }).batches).toEqual([
      {
        requests: ["a", "b"].map((text) => ({
          model: MODEL,
          content: { parts: [{ text }] },
          outputDimensionality: 256,
        })),
      },
    ]);
  });

  test("what Gemini has nothing for is named", () => {
    const others = { dimensions: null, task_type: null, extra_body: { cache: true } };
    expect(plan({ input: "a", model: "m", user: "u", input_type: "x", ...others }).ignored).toEqual([
      "user",
      "input_type",
      "extra_body",
    ]);
  });

  const google = { task_type: "RETRIEVAL_DOCUMENT", title: "T", output_dimensionality: 256 };
  const sent = { taskType: "RETRIEVAL_DOCUMENT", title: "T", outputDimensionality: 256 };
  test.each([
    ["at the root", google, sent],
    ["at the root, in Google's own names", sent, sent],
    ["in extra_body.google", { extra_body: { google } }, sent],
    ["in extra_body.google, nested twice", { extra_body: { extra_body: { google } } }, sent],
    ["in google", { google }, sent],
    ["in lower case", { task_type: "semantic_similarity" }, { taskType: "SEMANTIC_SIMILARITY" }],
    ["beside OpenAI's dimensions", { dimensions: 8, output_dimensionality: 256 }, { outputDimensionality: 256 }],
  ])("Google's options stand on each request: %s", (_, given, options) => {
    const { batches, shortened, ignored } = plan({ input: ["a", "b"], ...given });
    const requests = ["a", "b"].map((text) => ({ model: MODEL, content: { parts: [{ text }] }, ...options }));
    expect(batches).toEqual([{ requests }]);
    expect(shortened).toBe("outputDimensionality" in options);
    expect(ignored).toEqual([]);
  });

  test.each([
    [{ dimensions: 0 }, "dimensions", "invalid_value"],
    [{ task_type: 7 }, "task_type", "invalid_type"],
    [{ title: [] }, "title", "invalid_type"],
    [{ output_dimensionality: 1.5 }, "output_dimensionality", "invalid_value"],
    [{ extra_body: { google: { task_type: {} } } }, "extra_body.google.task_type", "invalid_type"],
    [{ extra_body: { google: { colour: 1 } } }, "extra_body.google.colour", "unknown_parameter"],
    [{ google: 7 }, "google", "invalid_type"],
    [{ encoding_format: "bytes" }, "encoding_format", "invalid_value"],
  ])("%j is a 400 that names the option", (given, param, code) => {
    expect(refusal(() => plan({ input: "a", ...given }))).toMatchObject({ status: 400, param, code });
  });

  test("more texts than Gemini takes at once are split, and come back as one list", () => {
    const many = plan({ input: Array.from({ length: 250 }, (_, n) => `t${n}`) });
    const sizes = many.batches.map(({ requests }) => (Array.isArray(requests) ? requests.length : 0));
    expect(sizes).toEqual([100, 100, 50]);
    let next = 0;
    const answers = sizes.map((size) => ({ embeddings: Array.from({ length: size }, () => ({ values: [next++] })) }));
    const { body } = toEmbeddingList(many, answers, "m");
    expect(body["data"]).toMatchObject([
      { index: 0, embedding: [0] },
      { index: 1, embedding: [1] },
      ...Array(248).fill({}),
    ]);
    expect(body["data"]).toHaveProperty("249", { object: "embedding", index: 249, embedding: [249] });
  });

  test("base64 holds 32-bit floats, little-endian, as OpenAI's SDKs read them", () => {
    const { body } = toEmbeddingList(
      plan({ input: "a", encoding_format: "base64" }),
      [{ embeddings: [{ values: [0.5, -2] }] }],
      "m",
    );
    expect(body).toMatchObject({ object: "list", model: "m", data: [{ embedding: expect.any(String) }] });
    const { embedding } = Object(Object(body["data"])[0]);
    const bytes = Buffer.from(String(embedding), "base64");
    expect([bytes.readFloatLE(0), bytes.readFloatLE(4)]).toEqual([0.5, -2]);
  });

  test("shortened vectors have length 1 again, as OpenAI's have", () => {
    const { body } = toEmbeddingList(plan({ input: "a", dimensions: 2 }), [{ embeddings: [{ values: [3, 4] }] }], "m");
    expect(body["data"]).toMatchObject([{ embedding: [0.6, 0.8] }]);
  });

  test("tokens are Gemini's where it counts, else an estimate that is marked as one", () => {
    const answer = { embeddings: [{ values: [1] }] };
    expect(toEmbeddingList(plan({ input: "four words in here" }), [answer], "m")).toMatchObject({
      usage: { promptTokens: 5, completionTokens: 0 },
      usageEstimated: true,
    });
    const counted = { ...answer, usageMetadata: { promptTokenCount: 4 } };
    expect(toEmbeddingList(plan({ input: "four words in here" }), [counted], "m")).toMatchObject({
      body: { usage: { prompt_tokens: 4, total_tokens: 4 } },
      usageEstimated: false,
    });
    const two = plan({ input: Array.from({ length: 101 }, () => "four words in here") });
    const vectors = (length: number) => ({ embeddings: Array.from({ length }, () => ({ values: [1] })) });
    const half = [{ ...vectors(100), usageMetadata: { promptTokenCount: 400 } }, vectors(1)];
    expect(toEmbeddingList(two, half, "m")).toMatchObject({ usage: { promptTokens: 505 }, usageEstimated: true });
  });

  test.each([
    [{}, "input", "invalid_type"],
    [{ input: [] }, "input", "invalid_value"],
    [{ input: "" }, "input", "invalid_value"],
    [{ input: ["a", ""] }, "input[1]", "invalid_value"],
    [{ input: [1, 2] }, "input[0]", "invalid_type"],
    [{ input: [[1, 2]] }, "input[0]", "invalid_type"],
    [{ input: Array.from({ length: 2_049 }, () => 1) }, "input[0]", "invalid_type"],
    [{ input: Array.from({ length: 2_049 }, () => "a") }, "input", "array_above_max_length"],
    [{ input: "a", dimensions: 0 }, "dimensions", "invalid_value"],
    [{ input: "a", encoding_format: "hex" }, "encoding_format", "invalid_value"],
  ])("%# is a 400 that names the field", (body, param, code) => {
    expect(refusal(() => plan(body))).toMatchObject({ status: 400, param, code });
  });

  test.each([
    ["fewer vectors than texts", { embeddings: [] }],
    ["a vector that is none", { embeddings: [{ values: "x" }] }],
    ["a vector of texts", { embeddings: [{ values: ["x"] }] }],
    ["no JSON", undefined],
    ["an error in a 200", { error: { code: 500, message: "x" } }],
  ])("%s is a failure, never a wrong answer", (_, answer) => {
    expect(refusal(() => toEmbeddingList(plan({ input: "a" }), [answer], "m")).status).toBe(502);
  });
});
