import { afterAll, beforeAll, expect, test } from "vitest";
import { TOKEN } from "./mesh.ts";
import { type PlainMesh, startPlainMesh } from "./plain-mesh.ts";
import { answerAsProvider } from "./replies.ts";

const REQUESTS = 10_000;
const AT_A_TIME = 64;
const FAILING = 0.3;
/** The same faults again: STORM_SEED=… npx vitest run --project mesh tests/storm.test.ts */
const SEED = Number(process.env["STORM_SEED"] ?? Date.now() % 2 ** 32);

let mesh: PlainMesh;
beforeAll(async () => {
  mesh = await startPlainMesh();
}, 90_000);
afterAll(() => mesh.close());

test("10,000 requests while 30 % of the providers' answers fail: each ends in an answer or the right error, and in one record", async () => {
  mesh.upstream.keep = false;
  console.log(`STORM_SEED=${SEED}`);
  /** Of each request numbers of its own, so that its faults do not depend on when the others come. */
  const numbers = Array.from({ length: REQUESTS }, (_, n) => seeded(SEED + n));
  mesh.upstream.play((request, response) => {
    const random = numbers[Number(/storm (\d+)/.exec(request.text)?.[1])];
    if (random === undefined) throw new Error(`a request that nobody made: ${request.text}`);
    if (random() >= FAILING) return answerAsProvider(request, response);
    if (random() < 0.5) return void response.writeHead(500).end("{}");
    return void response.socket?.resetAndDestroy();
  });
  const routes = [
    { model: "gpt-4o", fallbacks: ["gemini-2.5-flash"] },
    { model: "gemini-2.5-flash", fallbacks: ["gpt-4o"] },
    { model: "llama4", fallbacks: ["gpt-4o"] },
  ];
  const statuses = new Map<number, number>();
  let next = 0;
  const caller = async () => {
    while (next < REQUESTS) {
      const n = next++;
      const response = await fetch(new URL("/v1/chat/completions", mesh.url), {
        method: "POST",
        headers: { "content-type": "application/json", "x-auth-token": TOKEN, "x-request-id": `storm-${n}` },
        body: JSON.stringify({
          ...routes[n % 3],
          messages: [{ role: "user", content: `storm ${n}` }],
          stream: n % 2 === 0,
          routing: { max_attempts: 2 },
        }),
      });
      const text = await response.text();
      statuses.set(response.status, (statuses.get(response.status) ?? 0) + 1);
      if (response.status === 200) expect(text).toMatch(/Hello|from (openai|gemini|cloudflare)/);
      else expect(JSON.parse(text)).toMatchObject({ error: { code: expect.any(String), message: expect.any(String) } });
    }
  };
  await Promise.all(Array.from({ length: AT_A_TIME }, caller));

  expect([...statuses.keys()].toSorted()).toEqual([200, 502]);
  // Two attempts, each failing three times of ten: nine of a hundred requests fail, give or take.
  const failed = (statuses.get(502) ?? 0) / REQUESTS;
  expect(failed).toBeGreaterThan(0.06);
  expect(failed).toBeLessThan(0.12);
  await expect.poll(() => mesh.recordCount(), { timeout: 20_000 }).toBe(REQUESTS);
}, 180_000);

/** mulberry32: numbers from 0 up to 1, the same ones for the same seed. */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
