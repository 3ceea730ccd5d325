import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { type Mesh, startMesh } from "./mesh.ts";
import { answerAsProvider } from "./replies.ts";
import { json } from "./upstream.ts";

let mesh: Mesh;
beforeAll(async () => {
  mesh = await startMesh();
});
afterAll(() => mesh.close());
beforeEach(() => mesh.upstream.play(answerAsProvider));

async function tokenize(body: unknown): Promise<Record<string, unknown>> {
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

describe("a large answer", () => {
  const detokenize = (tokens: number[]) => mesh.post("/v1/detokenize", { model: "gpt-4o", tokens });
  /** A token of 128 blanks. */
  const BLANKS = 72056;

  test("arrives, one character beyond Latin-1 in it", async () => {
    const { tokens } = await tokenize({ model: "gpt-4o", text: "的", return_tokens: true });
    const response = await detokenize([...Array<number>(180_000).fill(BLANKS), ...(tokens as number[])]);
    expect(response.status).toBe(200);
    expect((await response.json<{ text: string }>()).text).toHaveLength(180_000 * 128 + 1);
  });

  test("that would be too large is 413", async () => {
    const response = await detokenize(Array<number>(1_000_000).fill(BLANKS));
    expect(response.status).toBe(413);
    expect(await response.json()).toMatchObject({ error: { param: "tokens", code: "request_too_large" } });
  });
});

test("/v1/detokenize gives the text back", async () => {
  const { tokens } = await tokenize({ model: "gpt-4o", text: "Grüße, 世界", return_tokens: true });
  const response = await mesh.post("/v1/detokenize", { model: "gpt-4o", tokens });
  expect(await response.json()).toMatchObject({ object: "detokenization", text: "Grüße, 世界" });
});

test("a megabyte of one letter is counted, which takes a quadratic merge the better part of a day", async () => {
  expect(await tokenize({ model: "gpt-4o", text: "a".repeat(1_000_000) })).toMatchObject({ count: 125_000 });
});

describe("a Gemini model, whose encoding is not public", () => {
  const request = { model: "gemini-2.5-flash", text: "Hello" };

  test("is estimated, with a bound", async () => {
    expect(await tokenize(request)).toMatchObject({ method: "estimate", error_bound: expect.any(Number) });
    expect(mesh.upstream.requests).toHaveLength(0);
  });

  test("is counted by Gemini itself when only the exact count will do", async () => {
    mesh.upstream.play((_request, response) => json(response, 200, { totalTokens: 42 }));
    expect(await tokenize({ ...request, exact: true })).toMatchObject({ status: 200, method: "exact", count: 42 });
    expect(mesh.upstream.requests[0]?.url).toBe("/gemini/v1beta/models/gemini-2.5-flash:countTokens");
    expect(mesh.upstream.requests[0]?.text).toContain("Hello");
  });

  test("is counted with its functions of the old form, which Gemini gets as tools", async () => {
    mesh.upstream.play((_request, response) => json(response, 200, { totalTokens: 42 }));
    const chat = {
      model: request.model,
      messages: [{ role: "user", content: "Hello" }],
      functions: [{ name: "ping" }],
    };
    expect(await tokenize({ ...chat, exact: true })).toMatchObject({ status: 200, count: 42 });
    expect(mesh.upstream.requests[0]?.body).toMatchObject({
      generateContentRequest: { tools: [{ functionDeclarations: [{ name: "ping" }] }] },
    });
  });

  test("gives Gemini's own refusal", async () => {
    mesh.upstream.play((_request, response) =>
      json(response, 400, { error: { code: 400, message: "no such thing", status: "INVALID_ARGUMENT" } }),
    );
    expect(await tokenize({ ...request, exact: true })).toMatchObject({
      status: 400,
      error: { message: "no such thing" },
    });
  });
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
