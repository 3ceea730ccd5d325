import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Mesh, startMesh } from "./mesh.ts";
import { answerAsProvider } from "./replies.ts";
import { json, type UpstreamRequest, type UpstreamScript } from "./upstream.ts";

// Many requests at a time at a provider with several keys: each attempt of a
// request has another key than its earlier ones, however the others interleave.

const KEYS = ["key-0-0123456789", "key-1-0123456789", "key-2-0123456789"];
const REQUESTS = 8;

const PROVIDERS = {
  openai: {
    model: "gpt-4o",
    limited: { status: 429, body: { error: { message: "slow down", code: "rate_limit_exceeded" } } },
    refused: { status: 401, body: { error: { message: "Incorrect API key provided", code: "invalid_api_key" } } },
  },
  gemini: {
    model: "gemini-2.5-flash",
    limited: { status: 429, body: { error: { code: 429, message: "slow down", status: "RESOURCE_EXHAUSTED" } } },
    refused: { status: 403, body: { error: { code: 403, message: "no", status: "PERMISSION_DENIED" } } },
  },
} as const;

type Provider = keyof typeof PROVIDERS;
type Fault = "limited" | "refused";

function keyOf({ headers }: UpstreamRequest): string {
  return String(headers["x-goog-api-key"] ?? headers.authorization?.slice("Bearer ".length));
}

/** Which of the requests at a time an upstream request serves. */
function requestOf({ text }: UpstreamRequest): string {
  return /request \d+/.exec(text)?.[0] ?? "";
}

/**
 * A provider that answers with this fault, but to the keys that are well. The first attempts are
 * answered only when all of them have come, so that requests take their turns in between each other.
 */
function faulty(provider: Provider, fault: Fault, well: readonly string[]): UpstreamScript {
  const { status, body } = PROVIDERS[provider][fault];
  const begun = new Set<string>();
  const all = Promise.withResolvers<void>();
  return async (request, response) => {
    begun.add(requestOf(request));
    if (begun.size === REQUESTS) all.resolve();
    await all.promise;
    if (well.includes(keyOf(request))) await answerAsProvider(request, response);
    else json(response, status, body, { "retry-after": "60" });
  };
}

/** Sends them all at once; the statuses, and the keys that each request was tried with. */
async function sendAll(mesh: Mesh, provider: Provider, maxAttempts: number) {
  const responses = await Promise.all(
    Array.from({ length: REQUESTS }, (_, at) =>
      mesh.post("/v1/chat/completions", {
        model: PROVIDERS[provider].model,
        messages: [{ role: "user", content: `request ${at}` }],
        routing: { max_attempts: maxAttempts },
      }),
    ),
  );
  const statuses = await Promise.all(
    responses.map(async (response) => {
      await response.text();
      return response.status;
    }),
  );
  const tried = Map.groupBy(mesh.upstream.requests, requestOf);
  return { statuses, tried: [...tried.values()].map((requests) => requests.map(keyOf)) };
}

const ALL_BUT_ONE =
  "at %s are all but one: each of many requests at a time finds the one that is well, and asks no key twice";

describe.each([2, 3])("of %i keys", (count) => {
  const keys = KEYS.slice(0, count);
  const settings = {
    "openai-relay": { secrets: { OPENAI_API_KEY: keys.join(",") } },
    "gemini-relay": { secrets: { GEMINI_API_KEY: keys.join(",") } },
  };

  /** All but the last key have this fault. */
  async function expectTheLastFound(mesh: Mesh, provider: Provider, fault: Fault): Promise<void> {
    mesh.upstream.play(faulty(provider, fault, keys.slice(-1)));
    const { statuses, tried } = await sendAll(mesh, provider, count);
    expect(statuses).toEqual(Array(REQUESTS).fill(200));
    expect(tried).toHaveLength(REQUESTS);
    for (const used of tried) expect(new Set(used).size).toBe(used.length);
  }

  describe("limited", () => {
    let mesh: Mesh;
    beforeAll(async () => {
      mesh = await startMesh(settings);
    });
    afterAll(() => mesh.close());

    test.each(["openai", "gemini"] as const)(ALL_BUT_ONE, (provider) => expectTheLastFound(mesh, provider, "limited"));

    test.each(["openai", "gemini"] as const)(
      "at %s are all: each of many requests at a time asks every key once, and then gives up",
      async (provider) => {
        mesh.upstream.play(faulty(provider, "limited", []));
        const { statuses, tried } = await sendAll(mesh, provider, count);
        expect(statuses).toEqual(Array(REQUESTS).fill(429));
        expect(tried.map((used) => used.toSorted())).toEqual(Array(REQUESTS).fill(keys));
      },
    );
  });

  // A mesh of its own: a refused key rests for a minute.
  describe("refused", () => {
    let mesh: Mesh;
    beforeAll(async () => {
      mesh = await startMesh(settings);
    });
    afterAll(() => mesh.close());

    test.each(["openai", "gemini"] as const)(ALL_BUT_ONE, (provider) => expectTheLastFound(mesh, provider, "refused"));
  });
});
