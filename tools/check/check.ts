import assert from "node:assert/strict";
import { isObject, type JsonObject, tryParseJson } from "../../shared/json.ts";
import type { CurlAnswer, CurlRequest } from "../curl.ts";

/** One request to a running mesh and what its answer has to be. */
export interface Check {
  name: string;
  /** Path below the mesh's URL, with its query. */
  path: string;
  method?: string;
  headers?: Record<string, string>;
  /** Sent as JSON. */
  json?: unknown;
  /** Sent as it is. */
  text?: string;
  /** Sent from a file of so many bytes. */
  bytes?: number;
  /** How the owner's token is sent; as X-AUTH-TOKEN when absent. */
  token?: "none" | "bearer";
  /** Throws what is wrong. */
  expect(answer: CurlAnswer): void;
}

function hasBody({ json, text, bytes }: Check): boolean {
  return json !== undefined || text !== undefined || bytes !== undefined;
}

export function methodOf(check: Check): string {
  return check.method ?? (hasBody(check) ? "POST" : "GET");
}

/** The curl request of a check. */
export function requestOf(check: Check, url: string, token: string, file: (bytes: number) => string): CurlRequest {
  const { path, method, headers, json, text, bytes } = check;
  const body = json === undefined ? text : JSON.stringify(json);
  return {
    url: url + path,
    ...(method !== undefined && { method }),
    headers: {
      ...(check.token === undefined && { "X-AUTH-TOKEN": token }),
      ...(check.token === "bearer" && { Authorization: `Bearer ${token}` }),
      ...(hasBody(check) && { "Content-Type": "application/json" }),
      ...headers,
    },
    ...(body !== undefined && { body }),
    ...(bytes !== undefined && { bodyFile: file(bytes) }),
  };
}

/** The answer's JSON object, after a look at the status. */
export function jsonOf(answer: CurlAnswer, status = 200): JsonObject {
  assert.equal(answer.status, status, `status ${answer.status} instead of ${status}: ${answer.body.slice(0, 300)}`);
  const body = tryParseJson(answer.body);
  assert(isObject(body), `not a JSON object: ${answer.body.slice(0, 300)}`);
  return body;
}

/** An error as OpenAI writes it: all four keys, and the code. */
export function expectError(answer: CurlAnswer, status: number, code: string | null): void {
  const { error } = jsonOf(answer, status);
  assert(isObject(error), "no error object");
  assert.deepEqual(Object.keys(error).toSorted(), ["code", "message", "param", "type"], "keys of the error object");
  assert.equal(error["code"], code, `code ${String(error["code"])} instead of ${code}`);
  assert(typeof error["message"] === "string" && error["message"] !== "", "the error says nothing");
}

/** A list of objects, with at least one. */
export function listOf(value: unknown): [JsonObject, ...JsonObject[]] {
  assert(Array.isArray(value), "not a list");
  const [first, ...rest] = value;
  assert(isObject(first), "an empty list");
  return [first, ...rest.filter(isObject)];
}

export function objectOf(value: unknown, what: string): JsonObject {
  assert(isObject(value), `no ${what}`);
  return value;
}
