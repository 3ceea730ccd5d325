/** The only place that the gateway's own token is sent to. */
const AI_GATEWAY = "https://gateway.ai.cloudflare.com/";

/**
 * Headers for a provider's URL when that URL lies behind Cloudflare's AI
 * Gateway, else none: the token of an authenticated gateway (`CF_AIG_TOKEN`,
 * which authorizes beside the provider's own key) and the ids by which a log
 * entry there is found again.
 * Source: developers.cloudflare.com/ai-gateway, "Custom metadata" (at most five
 * entries of strings, numbers or booleans) and "Authenticated gateway".
 */
export function aiGatewayHeaders(
  baseUrl: string,
  token: string | undefined,
  ids: { sessionId: string; requestId: string },
): Record<string, string> {
  if (!isAiGateway(baseUrl)) return {};
  const metadata = JSON.stringify({ session_id: ids.sessionId, request_id: ids.requestId });
  return {
    "cf-aig-metadata": asciiJson(metadata),
    ...(token !== undefined && token !== "" && { "cf-aig-authorization": `Bearer ${token}` }),
  };
}

/** Whether this base URL, as `readBaseUrl` gives it, is one of Cloudflare's AI Gateway. */
export function isAiGateway(baseUrl: string): boolean {
  return baseUrl.startsWith(AI_GATEWAY);
}

/**
 * Whether keys of the provider's may be stored there: an AI Gateway puts them into requests without one that carry its
 * own token. Source: developers.cloudflare.com/ai-gateway/configuration/bring-your-own-keys
 */
export function storesProviderKeys(baseUrl: string, token: string | undefined): boolean {
  return isAiGateway(baseUrl) && token !== undefined && token !== "";
}

/** The gateway's id of the log entry that it wrote for this answer. */
export function gatewayLogId(headers: Headers): string | undefined {
  return headers.get("cf-aig-log-id") ?? undefined;
}

/** Header values are bytes: what is not ASCII is written as a JSON escape. */
function asciiJson(json: string): string {
  return json.replace(/[^ -~]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`);
}
