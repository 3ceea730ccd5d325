import { ApiError, type ApiErrorOptions } from "../errors.ts";
import { isObject } from "../json.ts";

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

/** What one of AI Gateway's own errors is to the client and to routing. */
export type AiGatewayRule = Pick<ApiErrorOptions, "status" | "condition" | "code">;

const FAILED: AiGatewayRule = { status: 502, condition: "upstream_error", code: "upstream_error" };
const NOT_CONFIGURED: AiGatewayRule = { status: 503, condition: "auth", code: "not_configured" };
const REFUSED: AiGatewayRule = { status: 502, condition: "auth", code: "provider_auth_error" };
const BLOCKED: AiGatewayRule = { status: 400, condition: "bad_request", code: "content_filter" };
const RATE_LIMITED: AiGatewayRule = { status: 429, condition: "rate_limited", code: "rate_limit_exceeded" };

/**
 * AI Gateway's own errors, which come with status 400 whoever is at fault. Only what its owner's rules block, and a
 * body that it cannot read, is the caller's.
 * Sources: developers.cloudflare.com/ai-gateway (guardrails, DLP, spend limits) and its changelog of 2026-10-05; the
 * others from users' reports: cloudflare/ai issues 436, 611 and 632, devoxx/DevoxxGenieIDEAPlugin issue 1254.
 */
export const AI_GATEWAY_ERRORS: Readonly<Record<number, AiGatewayRule>> = {
  // "Please configure AI Gateway in the Cloudflare dashboard": no gateway of that name.
  2001: NOT_CONFIGURED,
  // "Failed to parse model output"
  2002: FAILED,
  // "Rate limited", by the gateway's own limit.
  2003: RATE_LIMITED,
  // "Failed to get response from provider"
  2005: FAILED,
  // "Invalid provider": the base URL, or the vendor before a model at /compat, names none.
  2008: NOT_CONFIGURED,
  // "Unauthorized": the gateway's token, or the provider's key that it holds.
  2009: REFUSED,
  // Guardrails, of the prompt and of the answer.
  2016: BLOCKED,
  2017: BLOCKED,
  // "Chat completion bad format"
  2019: { status: 400, condition: "bad_request", code: null },
  // "Insufficient AI Gateway credits"
  2021: REFUSED,
  // Data loss prevention, of the prompt and of the answer.
  2029: BLOCKED,
  2030: BLOCKED,
  // "Provider '…' has no BYOK credential named '…'"
  2040: NOT_CONFIGURED,
  // "Spend limit exceeded"
  2041: { status: 429, condition: "quota_exhausted", code: "insufficient_quota" },
  // "Invalid User Credentials", also of a model that unified billing has not.
  2047: REFUSED,
  // "Insufficient balance; add money to your gateway"
  2049: REFUSED,
};

/** An error that AI Gateway reports itself, before or in place of the provider. */
export interface AiGatewayFailure {
  code: number;
  /** In its own words. */
  message: string;
}

/**
 * AI Gateway's own error in a parsed body; null for a provider's.
 * `{"success":false,"error":[{"code":2005,"message":"Failed to get response from provider"}]}` → {code: 2005, message: "Failed …"}
 */
export function readAiGatewayFailure(body: unknown): AiGatewayFailure | null {
  if (!isObject(body)) return null;
  const { error: list, name, internalCode, message } = body;
  const first: unknown = Array.isArray(list) ? list[0] : undefined;
  const error = isObject(first) ? first : name === "AiGatewayError" ? { code: internalCode, message } : {};
  const code = Number(error["code"]);
  if (!isAiGatewayCode(code)) return null;
  return { code, message: typeof error["message"] === "string" ? error["message"] : `AI Gateway's error ${code}.` };
}

/** Whether a code is of AI Gateway's range. */
export function isAiGatewayCode(code: number): boolean {
  return Number.isInteger(code) && code >= 2000 && code < 2100;
}

/** The rule for a code; one that is not known counts by the status that it came with, and as the gateway's failure else. */
export function aiGatewayRule(code: number, status: number | undefined): AiGatewayRule {
  const known = AI_GATEWAY_ERRORS[code];
  if (known !== undefined) return known;
  if (status === 401 || status === 402 || status === 403) return REFUSED;
  return status === 429 ? RATE_LIMITED : FAILED;
}

/** AI Gateway's own error as the client and routing get it. The owner's faults say that they are. */
export function aiGatewayError(
  { code, message }: AiGatewayFailure,
  {
    provider,
    status,
    ...rest
  }: Pick<ApiErrorOptions, "retryAfterMs" | "headers" | "usage"> & { provider: string; status?: number },
): ApiError {
  const rule = aiGatewayRule(code, status);
  const isOwners = rule.condition === "auth";
  return new ApiError({
    ...rest,
    ...rule,
    message: isOwners ? `The operator has to check the AI Gateway before ${provider}, which says: ${message}` : message,
    upstreamStatus: status,
  });
}
