import type { RelayStatus, UpstreamStatus } from "@ai-proxy/shared/contract/relay";
import { ApiError } from "@ai-proxy/shared/errors";
import { hasKeys } from "@ai-proxy/shared/upstream/provider-api";
import { DEFAULT_UPSTREAM, type Upstreams } from "./upstreams.ts";

/** What is configured. An upstream with a mistake in its entry is listed too: a request for it says what is wrong. */
export function statusOf(upstreams: Upstreams): RelayStatus {
  const { problem } = upstreams;
  return {
    upstreams: upstreams.names().map((name) => upstreamStatus(upstreams, name)),
    configured: upstreamStatus(upstreams, DEFAULT_UPSTREAM).configured,
    ...(problem !== null && { problem: problem.message }),
  };
}

function upstreamStatus(upstreams: Upstreams, name: string): UpstreamStatus {
  try {
    const upstream = upstreams.get(name);
    const { defaultModel, models } = upstream;
    return { name, configured: hasKeys(upstream), models, ...(defaultModel !== null && { defaultModel }) };
  } catch (thrown) {
    if (thrown instanceof ApiError) return { name, configured: false };
    throw thrown;
  }
}
