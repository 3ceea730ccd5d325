import type { ListedModel, RelayReply, RelayStatus, TokenCountReply } from "@ai-proxy/shared/contract/relay";
import type { TokenizeReply } from "@ai-proxy/shared/contract/tokenizer";
import { isObject } from "@ai-proxy/shared/json";

// What another Worker of the mesh answers is checked where it arrives: it may be of another version, or broken.

/** Whether it can be answered with: a stream with its functions, or a status, headers and a body that HTTP takes. */
export function isRelayReply(value: unknown): value is RelayReply {
  // RPC's stubs are functions and a Response is an object, so an object is all that can hold them.
  if (!isObject(value)) return false;
  const { response, usage, cancel, status, headers, body, failure, servedModel, gatewayLogId } = value;
  if (response !== undefined) {
    return response instanceof Response && typeof usage === "function" && typeof cancel === "function";
  }
  return (
    isStatus(status) &&
    isHeaders(headers) &&
    isBody(body) &&
    (usage === null || usage === undefined || isObject(usage)) &&
    (failure === undefined || (isObject(failure) && typeof failure["condition"] === "string")) &&
    [servedModel, gatewayLogId].every((text) => text === undefined || typeof text === "string")
  );
}

export function isTokenizeReply(value: unknown): value is TokenizeReply {
  return isObject(value) && isStatus(value["status"]) && isText(value["body"]);
}

export function isTokenCountReply(value: unknown): value is TokenCountReply {
  if (!isObject(value) || !isStatus(value["status"])) return false;
  return typeof value["totalTokens"] === "number" || typeof value["body"] === "string";
}

export function isRelayStatus(value: unknown): value is Pick<RelayStatus, "upstreams" | "problem"> {
  if (!isObject(value)) return false;
  const { upstreams } = value;
  return Array.isArray(upstreams) && upstreams.every((entry) => isObject(entry) && typeof entry["name"] === "string");
}

export function isModelList(value: unknown): value is ListedModel[] {
  return Array.isArray(value) && value.every((entry) => isObject(entry) && typeof entry["id"] === "string");
}

/** A status that an answer can have; others are a RangeError of Response. */
function isStatus(value: unknown): value is number {
  return typeof value === "number" && Number.isInteger(value) && value >= 200 && value <= 599;
}

function isText(value: unknown): value is string | Uint8Array {
  return typeof value === "string" || value instanceof Uint8Array;
}

function isBody(value: unknown): boolean {
  return isText(value) || value instanceof ReadableStream;
}

/** A token of RFC 9110, 5.6.2. */
const HEADER_NAME = /^[!#$%&'*+.^_`|~\w-]+$/;

function isHeaders(value: unknown): value is Record<string, string> {
  if (!isObject(value)) return false;
  for (const name in value) {
    const text = value[name];
    if (typeof text !== "string" || !HEADER_NAME.test(name) || /[\0\r\n]/.test(text)) return false;
  }
  return true;
}
