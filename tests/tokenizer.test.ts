import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { type Mesh, startMesh } from "./mesh.ts";
import { answerAsProvider } from "./replies.ts";

let mesh: Mesh;
beforeAll(async () => {
  mesh = await startMesh();
});
afterAll(() => mesh.close());
beforeEach(() => mesh.upstream.play(answerAsProvider));

async function tokenize(body: unknown) {
  const response = await mesh.post("/v1/tokenize", body);
  return { status: response.status, ...(await response.json<Record<string, unknown>>()) };
}

describe("/v1/tokenize", () => {
  test("an OpenAI model: exact, by its name or its alias' model", async () => {
    expect(await tokenize({ model: "gpt-4o", text: "Hello, world!" })).toMatchObject({
      status: 200,
      object: "tokenization",
      model: "gpt-4o",
      encoding: "o200k_base",
      method: "exact",
      count: 4,
      context_window: 128_000,
      remaining: 127_996,
    });
  });

  test("no model at all: the default provider's, estimated with a bound", async () => {
    const answer = await tokenize({ text: "Hello, world!" });
    expect(answer).toMatchObject({ status: 200, method: "estimate", count: 4 });
    expect(answer["error_bound"]).toBeTypeOf("number");
  });

  test("what is wrong with the request is said with the field's path", async () => {
    expect(await tokenize({ model: "gpt-4o", text: ["a", 1] })).toMatchObject({
      status: 400,
      error: { type: "invalid_request_error", param: "text[1]", code: null },
    });
  });

  test("a request of more than 25 MiB is 413", async () => {
    expect(await tokenize({ model: "gpt-4o", text: "a ".repeat(13 * 1024 * 1024) })).toMatchObject({
      status: 413,
      error: { type: "invalid_request_error" },
    });
  });
});

test("/v1/detokenize gives the text back", async () => {
  const { tokens } = await tokenize({ model: "gpt-4o", text: "Grüße, 世界", return_tokens: true });
  const response = await mesh.post("/v1/detokenize", { model: "gpt-4o", tokens });
  expect(await response.json()).toMatchObject({ object: "detokenization", text: "Grüße, 世界" });
});

test("a megabyte of one letter is counted in under two seconds", async () => {
  await tokenize({ model: "gpt-4o", text: "warm" });
  const start = performance.now();
  expect(await tokenize({ model: "gpt-4o", text: "a".repeat(1_000_000) })).toMatchObject({ count: 125_000 });
  expect(performance.now() - start).toBeLessThan(2000);
});

test("a chat beside many large counts waits for none of them", async () => {
  let counted = 0;
  const counts = Array.from({ length: 10 }, async () => {
    const answer = await tokenize({ model: "gpt-4o", text: "a".repeat(1_000_000) });
    expect(answer).toMatchObject({ status: 200, count: 125_000 });
    counted++;
  });
  const chats = Array.from({ length: 3 }, async () => {
    const messages = [{ role: "user" as const, content: "hi" }];
    await mesh.client.chat.completions.create({ model: "gpt-4o", messages });
    return counted;
  });
  for (const countedBefore of await Promise.all(chats)) expect(countedBefore).toBeLessThan(10);
  await Promise.all(counts);
}, 60_000);
