import { invalidResponse } from "@ai-proxy/shared/errors";
import type { Attempt } from "@ai-proxy/shared/upstream/attempt";
import type { BodyReading, UpstreamAnswer } from "@ai-proxy/shared/upstream/fetch";
import { askProvider, secretsOf, type UpstreamRequest } from "@ai-proxy/shared/upstream/provider-api";
import { readRefusal } from "./errors.ts";
import type { Upstream } from "./upstreams.ts";

export interface RequestParts {
  /** Path below the base URL, and a query of its own or "". */
  path: string;
  search?: string;
  method?: string;
  body: string | Uint8Array | null;
  contentType?: string | undefined;
  contentEncoding?: string | undefined;
  /** The client's `openai-beta`. */
  beta?: string | undefined;
}

/** Sends an upstream request; an answer that is no success is thrown as what it means. */
export function ask(attempt: Attempt, upstream: Upstream, parts: RequestParts): Promise<UpstreamAnswer> {
  const context = { provider: upstream.name, secrets: secretsOf(upstream) };
  return askProvider(attempt, upstream, requestTo(upstream, parts), (refusal) => readRefusal(refusal, context));
}

/** An upstream request with the query and the headers that this upstream wants on each. */
export function requestTo(upstream: Upstream, parts: RequestParts): UpstreamRequest {
  const { path, search = "", method, body, contentType, contentEncoding, beta } = parts;
  return {
    path: path + joinedSearch(upstream.search, search),
    method,
    headers: {
      ...upstream.headers,
      ...(contentType !== undefined && { "content-type": contentType }),
      ...(contentEncoding !== undefined && { "content-encoding": contentEncoding }),
      ...(beta !== undefined && { "openai-beta": beta }),
    },
    body,
  };
}

/** How an answer of this upstream's is read whole. */
export function bodyReading({ clock, budget }: Attempt, { name }: Upstream): BodyReading {
  return { provider: name, leftMs: clock.leftMs(), budget };
}

export function streamBody({ response }: UpstreamAnswer, upstream: Upstream): ReadableStream<Uint8Array> {
  if (response.body === null) throw invalidResponse(`${upstream.name} answered without a body.`);
  return response.body;
}

/** The query of the base URL, then that of the request. */
function joinedSearch(own: string, asked: string): string {
  return asked === "" || asked === "?" ? own : own === "" ? asked : `${own}&${asked.slice(1)}`;
}
