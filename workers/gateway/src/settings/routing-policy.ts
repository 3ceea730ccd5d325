import { isObject, tryParseJson } from "@ai-proxy/shared/json";
import { mayNameUpstream, providers } from "@ai-proxy/shared/registry";
import * as v from "valibot";
import { issueText } from "./issue-text.ts";
import { misconfigured } from "./misconfigured.ts";

/** The owner's bounds on routing; what a request asks for is cut down to them. */
export interface Policy {
  /** Most attempts of one request, and how many it gets when it does not say. */
  maxAttempts: number;
  defaultAttempts: number;
  /** Longest `routing.timeout_ms`. */
  maxTotalMs: number;
  times: Times;
  /** Times of single providers, where they differ. */
  timesOf: Readonly<Record<string, Partial<Times>>>;
  /** Whether a request may name fallbacks itself. */
  clientFallbacks: boolean;
  /** Targets to fall back to when a request names none: provider → list of "provider/model". */
  defaultFallbacks: Readonly<Record<string, readonly string[]>>;
  /** Names for groups of models of equal rank; a request asks for one as its `model`. */
  pools: Readonly<Record<string, Pool>>;
  /** Names of providers above that are not built in, and so must be upstreams; and where they stand. */
  upstreamKeys: readonly { name: string; path: string }[];
  /** Whether a chain or a pool may go to an upstream. */
  namesUpstreams: boolean;
}

/** Milliseconds. */
export interface Times {
  totalMs: number;
  firstByteMs: number;
  idleMs: number;
}

export interface Pool {
  /** A session keeps its target, so that the provider's prompt cache serves it. */
  sticky: boolean;
  targets: readonly { model: string; weight: number }[];
}

/**
 * Cloudflare lets one request run 32 Workers and, on the free plan, make 50 subrequests.
 * An attempt takes a relay and its upstream request; the rest is for the gateway, which runs
 * twice when asked over RPC, for the relay's list of upstreams and for the audit.
 */
const MOST_WORKERS = 32;
const MOST_SUBREQUESTS = 50;
const OTHER_WORKERS = 4;
const OTHER_SUBREQUESTS = 4;
/** Subrequests that all attempts of a request may make together: to relays, and theirs to providers. */
export const MOST_ATTEMPT_SUBREQUESTS = MOST_SUBREQUESTS - OTHER_SUBREQUESTS;
export const MOST_ATTEMPTS = Math.min(MOST_WORKERS - OTHER_WORKERS, Math.floor(MOST_ATTEMPT_SUBREQUESTS / 2));

const ms = v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(3_600_000));
const attempts = v.pipe(
  v.number(),
  v.integer(),
  v.minValue(1),
  v.maxValue(MOST_ATTEMPTS, `must be at most ${MOST_ATTEMPTS}: more could pass Cloudflare's limits for one request`),
);
const times = { timeout_ms: v.optional(ms), first_byte_timeout_ms: v.optional(ms), idle_timeout_ms: v.optional(ms) };

const schema = v.strictObject({
  ...times,
  max_timeout_ms: v.optional(ms, 900_000),
  max_attempts: v.optional(attempts, 6),
  default_attempts: v.optional(attempts, 3),
  providers: v.optional(v.record(v.string(), v.strictObject(times)), {}),
  client_fallbacks: v.optional(v.boolean(), true),
  fallbacks: v.optional(v.record(v.string(), v.pipe(v.array(v.string()), v.maxLength(5))), {}),
  pools: v.optional(
    v.record(
      v.pipe(
        v.string(),
        v.check((name) => !isTaken(name), "is the name of a model or provider already"),
      ),
      v.strictObject({
        sticky: v.optional(v.boolean(), false),
        targets: v.pipe(
          v.array(v.strictObject({ model: v.string(), weight: v.optional(v.pipe(v.number(), v.gtValue(0)), 1) })),
          v.minLength(1),
          v.maxLength(10),
        ),
      }),
    ),
    {},
  ),
});

/**
 * The setting ROUTING, a JSON object or its text; "" for the defaults. Throws 503
 * `not_configured` naming the field: the owner sees at the first request what is wrong.
 */
export function readPolicy(setting: unknown): Policy {
  const given = setting || {};
  const value = typeof given === "string" ? tryParseJson(given) : given;
  if (!isObject(value)) throw misconfigured("ROUTING is not valid JSON for an object.");
  const result = v.safeParse(schema, value, { abortEarly: true });
  if (!result.success) throw misconfigured(`ROUTING: ${issueText(result.issues[0])}.`);
  const { output } = result;
  return {
    maxAttempts: output.max_attempts,
    defaultAttempts: Math.min(output.default_attempts, output.max_attempts),
    maxTotalMs: output.max_timeout_ms,
    times: { totalMs: 600_000, firstByteMs: 120_000, idleMs: 120_000, ...readTimes(output) },
    timesOf: Object.fromEntries(Object.entries(output.providers).map(([name, own]) => [name, readTimes(own)])),
    clientFallbacks: output.client_fallbacks,
    defaultFallbacks: output.fallbacks,
    pools: output.pools,
    upstreamKeys: [
      ...upstreamKeys("providers", Object.keys(output.providers)),
      ...upstreamKeys("fallbacks", Object.keys(output.fallbacks)),
    ],
    namesUpstreams: modelsOf(output).some((model) => mayNameUpstream({ model })),
  };
}

function upstreamKeys(field: string, names: readonly string[]): Policy["upstreamKeys"] {
  return names
    .filter((name) => providers.every((provider) => provider.name !== name))
    .map((name) => ({ name, path: `${field}.${name}` }));
}

/** Every model of the chains and pools. */
function modelsOf({ fallbacks, pools }: v.InferOutput<typeof schema>): string[] {
  return [
    ...Object.values(fallbacks).flat(),
    ...Object.values(pools).flatMap(({ targets }) => targets.map(({ model }) => model)),
  ];
}

function readTimes(own: { [Name in keyof typeof times]?: number | undefined }): Partial<Times> {
  return {
    ...(own.timeout_ms !== undefined && { totalMs: own.timeout_ms }),
    ...(own.first_byte_timeout_ms !== undefined && { firstByteMs: own.first_byte_timeout_ms }),
    ...(own.idle_timeout_ms !== undefined && { idleMs: own.idle_timeout_ms }),
  };
}

/** A pool must not hide a name that clients use for something else. */
function isTaken(name: string): boolean {
  return providers.some(
    (provider) =>
      provider.name === name ||
      name.startsWith(`${provider.name}/`) ||
      (provider.idPrefix !== undefined && name.startsWith(provider.idPrefix)) ||
      Object.hasOwn(provider.aliases, name) ||
      provider.models.some(({ id }) => id === name),
  );
}
