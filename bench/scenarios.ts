import type { Expectation } from "./load/job.ts";
import type { RequestSpec, StreamOrder } from "./requests.ts";
import * as requests from "./requests.ts";

/** A kind of traffic, sent to the mesh and to the bare Worker (and to the upstream alone, where that can be asked). */
export interface Scenario {
  /** Names of results and of `--only`. */
  name: string;
  mesh: RequestSpec;
  bare: RequestSpec;
  /** Null where the upstream has no counterpart. */
  upstream: RequestSpec | null;
  connections: number;
  /** Requests that a connection sends at most in a run; absent: as many as the time allows. */
  requestsEach?: number;
  expect: Expectation;
  /** What the bare Worker answers, where that is something else. */
  bareExpect?: Expectation;
  /** Every request must have left a record on the audit queue; a refused one leaves none. */
  audited: boolean;
  /** Part of a quick run too. */
  quick: boolean;
  /** Its result needs the upstream alone, even where a run leaves that out to save time. */
  needsUpstream?: boolean;
}

const SMALL = 16;

/** All scenarios, in the order in which they run: what leaves much memory behind comes last. */
export function scenarios(quick: boolean): Scenario[] {
  const all = [
    ...wholeAnswers(),
    ...["openai-usage", "openai", "gemini", "cf-ai"].flatMap((provider) => [
      burst(provider, 100),
      { ...burst(provider, 1_000), quick: provider === "openai-usage" },
      paced(provider, { chunks: 100, pace: 20 }, 200),
      // As many chunks a second as with 200 streams: 1,000 at 20 ms would be more than two cores can send and take.
      { ...paced(provider, { chunks: 100, pace: 100 }, 1_000), quick: false },
    ]),
    { ...trustedStream(), quick: false },
    idle(quick ? 25 : 200),
    large("json-500kb", requests.longPrompt(500_000), 4),
    large("json-10mb-image", requests.imagePrompt(10_000_000), 2),
  ];
  return quick ? all.filter((scenario) => scenario.quick) : all;
}

const ANSWER: Expectation = { status: 200, chunks: 0, paceMs: 0, holds: "quick brown fox" };

function wholeAnswers(): Scenario[] {
  const small = requests.openaiWhole("Say something about a fox.");
  const common = { connections: SMALL, audited: true, quick: true, expect: ANSWER };
  return [
    { ...common, name: "json-small", ...everywhere(small) },
    { ...common, name: "json-small-gemini", ...requests.geminiWhole(), quick: false },
    { ...common, name: "json-small-cf-ai", ...requests.workersAiWhole(), quick: false },
    { ...common, name: "trusted-json", mesh: trusted(small), bare: trusted(small), upstream: null },
    {
      ...common,
      name: "refused-token",
      ...everywhere(small),
      mesh: requests.withWrongToken(small),
      expect: { ...ANSWER, status: 401, holds: "invalid_api_key" },
      bareExpect: ANSWER,
      audited: false,
    },
    {
      ...common,
      name: "tokenize",
      ...everywhere(small),
      mesh: requests.tokenizeRequest(),
      expect: { ...ANSWER, holds: "token" },
      bareExpect: ANSWER,
    },
  ];
}

/** Streams that the upstream sends in one go. */
function burst(provider: string, chunks: number): Scenario {
  return {
    name: `burst-${provider}-${chunks}`,
    ...requests.streamRequests(provider, { chunks, pace: 0 }),
    connections: SMALL,
    expect: { status: 200, chunks, paceMs: 0, holds: "" },
    audited: true,
    quick: true,
  };
}

/** Streams that come at the pace of a model, many at a time; each connection has one. */
function paced(provider: string, order: StreamOrder, connections: number): Scenario {
  return {
    name: `paced-${provider}-${connections}`,
    ...requests.streamRequests(provider, order),
    connections,
    requestsEach: 1,
    expect: { status: 200, chunks: order.chunks, paceMs: order.pace, holds: "" },
    audited: true,
    quick: true,
  };
}

function trustedStream(): Scenario {
  const stream = requests.streamRequests("openai-usage", { chunks: 100, pace: 0 });
  return {
    ...burst("openai-usage", 100),
    name: "trusted-stream",
    mesh: trusted(stream.mesh),
    bare: trusted(stream.bare),
    upstream: null,
  };
}

/** One short stream after the other: what a single user's first byte costs. */
function idle(requestsEach: number): Scenario {
  return {
    ...paced("openai-usage", { chunks: 5, pace: 5 }, 1),
    name: "idle-first-byte",
    requestsEach,
    needsUpstream: true,
  };
}

function large(name: string, request: RequestSpec, connections: number): Scenario {
  return { name, ...everywhere(request), connections, expect: ANSWER, audited: true, quick: true };
}

function everywhere(request: RequestSpec): Pick<Scenario, "mesh" | "bare" | "upstream"> {
  return { mesh: request, bare: request, upstream: request };
}

/** The same request, sent by a Worker with a binding to the gateway. */
function trusted(request: RequestSpec): RequestSpec {
  return { ...request, socket: "caller" };
}
