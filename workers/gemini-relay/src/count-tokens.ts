import type { RelayRequest, TokenCountReply } from "@ai-proxy/shared/contract/relay";
import { bodyText } from "@ai-proxy/shared/contract/transfer";
import { tryParseJson } from "@ai-proxy/shared/json";
import { unreadable } from "./errors.ts";
import { asNumber, at } from "./read.ts";
import { toCountRequest } from "./request.ts";
import type { GeminiApi } from "./upstream.ts";

/** What Gemini counts for the prompt of a chat request. Throws ApiErrors. */
export async function countTokens(request: RelayRequest, api: GeminiApi): Promise<TokenCountReply> {
  const body = toCountRequest(bodyText(request.body), request.model);
  const { text } = await api.askForText(request, "countTokens", body);
  const totalTokens = asNumber(at(tryParseJson(text), "totalTokens"));
  // proto3 JSON leaves a 0 out, but a prompt is never empty.
  if (totalTokens === undefined) throw unreadable();
  return { status: 200, totalTokens };
}
