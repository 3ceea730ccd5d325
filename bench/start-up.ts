import { setTimeout as wait } from "node:timers/promises";
import type { Mesh } from "../tools/workspace.ts";
import type { Result } from "./figures.ts";
import { median } from "./samples.ts";
import { startUpServer } from "./servers.ts";
import { startWorkerd } from "./workerd.ts";

/** The first thing that each Worker is asked, as `bench/workers/first-call.js` reads it: a path and a body. */
const FIRST_CALLS: Record<string, { path: string; body: unknown }> = {
  gateway: { path: "/fetch", body: null },
  "cf-ai": { path: "/status", body: null },
  "openai-relay": { path: "/status", body: null },
  "gemini-relay": { path: "/status", body: null },
  tokenizer: { path: "/count", body: { model: "gpt-4.1-mini", provider: "openai", texts: ["The quick brown fox"] } },
  // Plain workerd has no D1: what it answers is an error, which its code has to be there for, too.
  audit: { path: "/get", body: "bench" },
};

const EMPTY = { path: "/status", body: null };

/** Measures the start of workerd with one Worker in it, first call included, over the same with an empty Worker. */
export async function measureStartUps(mesh: Mesh, upstreamPort: number, rounds: number): Promise<Result[]> {
  const names = mesh.workers.map(({ name }) => name);
  const times = new Map<string | null, number[]>([null, ...names].map((name) => [name, []]));
  // The first start reads workerd from the disk.
  await startUp(mesh, null, upstreamPort);
  for (let round = 0; round < rounds; round++) {
    for (const [name, taken] of times) taken.push(await startUp(mesh, name, upstreamPort));
  }
  const empty = median(times.get(null) ?? []);
  return names.map((name) => {
    const value = median(times.get(name) ?? []) - empty;
    return {
      name: `start-up ${name}: ms over an empty Worker`,
      value,
      bare: empty,
      ratio: null,
      target: null,
      met: null,
    };
  });
}

async function startUp(mesh: Mesh, name: string | null, upstreamPort: number): Promise<number> {
  const { path, body } = name === null ? EMPTY : (FIRST_CALLS[name] ?? EMPTY);
  const config = startUpServer(mesh, name, upstreamPort);
  const startedAt = performance.now();
  const workerd = await startWorkerd(`start-up-${name ?? "empty"}`, config);
  try {
    const response = await fetch(`http://127.0.0.1:${workerd.ports["main"]}${path}`, {
      method: "POST",
      body: JSON.stringify(body),
    });
    const answer = await response.text();
    const took = performance.now() - startedAt;
    if (!response.ok && name !== "audit") throw new Error(`The first call to ${name} failed: ${answer}`);
    return took;
  } finally {
    await workerd.stop();
    await wait(10);
  }
}
