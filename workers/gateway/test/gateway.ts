import { timingSafeEqual } from "node:crypto";
import type { AuditMessage, AuditRecord } from "@ai-proxy/shared/contract/audit";
import type { RelayReply, RelayRequest } from "@ai-proxy/shared/contract/relay";
import { jsonReply } from "@ai-proxy/shared/upstream/reply";
import { vi } from "vitest";
import type { Caller } from "../src/access/admit.ts";
import { handle } from "../src/entry/handle.ts";

export const TOKEN = "the-owners-token";
export const USAGE = { promptTokens: 5, completionTokens: 7, cachedTokens: 1, reasoningTokens: 2 };
export const COUNTS = { prompt_tokens: 5, completion_tokens: 7, cached_tokens: 1, reasoning_tokens: 2 };

type Bindings = Readonly<Record<string, unknown>>;

/** A relay's method: answers with what it was asked, and counts tokens. */
export const answering = (more: object = {}) =>
  vi.fn(async ({ model }: RelayRequest): Promise<RelayReply> => jsonReply({ model }, USAGE, more));

/** What Node lacks of workerd. Undone by `vi.unstubAllGlobals`. */
export function stubWorkerd(): void {
  const equal = (a: ArrayBuffer, b: ArrayBuffer) => timingSafeEqual(new Uint8Array(a), new Uint8Array(b));
  Object.assign(crypto.subtle, { timingSafeEqual: equal });
  vi.stubGlobal("scheduler", { wait: (ms: number) => new Promise((resolve) => setTimeout(resolve, ms)) });
}

/** The gateway with relays that are ours, asked as workerd asks it. */
export function gatewayWith(bindings: Bindings) {
  const messages: AuditMessage[] = [];
  const spans: { name: string; attributes: object }[] = [];
  const send = async (message: AuditMessage) => void messages.push(message);
  const env = { AUTH_TOKEN: TOKEN, AUDIT_QUEUE: { send }, ...bindings } as unknown as Env;
  const enterSpan = <Result>(name: string, work: (span: object) => Result): Result =>
    work({ setAttributes: (attributes: object) => void spans.push({ name, attributes }) });

  async function ask(path: string, init: RequestInit = {}, caller: Caller = { kind: "external" }) {
    const pending: Promise<unknown>[] = [];
    const ctx = { waitUntil: (work: Promise<unknown>) => void pending.push(work), tracing: { enterSpan } };
    const headers = { "x-auth-token": TOKEN, ...init.headers };
    const request = new Request(`https://gateway${path}`, { ...init, headers });
    const response = await handle(request, env, ctx as unknown as ExecutionContext, caller);
    const text = await response.text();
    await Promise.all(pending);
    const records: AuditRecord[] = messages.splice(0).flatMap((message) => message.records);
    return { response, status: response.status, text, records, record: records[0], spans: spans.splice(0) };
  }

  const post = (path: string, body: object, init: RequestInit = {}) =>
    ask(path, {
      method: "POST",
      body: JSON.stringify(body),
      ...init,
      headers: { "content-type": "application/json", ...init.headers },
    });
  return { ask, post };
}
