import type { RelayStatus } from "@ai-proxy/shared/contract/relay";
import { ApiError } from "@ai-proxy/shared/errors";
import type { Caller } from "./call.ts";

/** What is configured. An upstream with a mistake in its entry is listed too: a request for it says what is wrong. */
export function statusOf(caller: Caller): RelayStatus {
  const entry = (name: string) => {
    try {
      const upstream = caller.upstreams.get(name);
      const { defaultModel, models } = upstream;
      const configured = caller.isConfigured(upstream);
      return { name, configured, models, ...(defaultModel !== null && { defaultModel }) };
    } catch (thrown) {
      if (thrown instanceof ApiError) return { name, configured: false };
      throw thrown;
    }
  };
  const { problem } = caller.upstreams;
  return {
    upstreams: caller.upstreams.names().map(entry),
    configured: entry("openai").configured,
    ...(problem !== null && { problem: problem.message }),
  };
}
