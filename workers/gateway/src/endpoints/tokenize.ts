import { bodyForRpc } from "@ai-proxy/shared/contract/transfer";
import { retryAfterHeader } from "@ai-proxy/shared/formats/error-body";
import type { JsonObject } from "@ai-proxy/shared/json";
import { readJson } from "../request/body.ts";
import { unlessLeft } from "../request/client-left.ts";
import type { Call } from "../request/context.ts";
import { validate } from "../request/schemas.ts";
import { traceparentFor } from "../request/trace.ts";
import type { Choice } from "../routing/choose.ts";
import { unavailable } from "../routing/failure-replies.ts";
import { chosenFirst, totalTime } from "../routing/plan.ts";
import { planInput } from "./generate.ts";

/** POST /v1/tokenize */
export function tokenize(call: Call): Promise<Response> {
  return count(call, "tokenize");
}

/** POST /v1/detokenize */
export function detokenize(call: Call): Promise<Response> {
  return count(call, "detokenize");
}

async function count(call: Call, method: "tokenize" | "detokenize"): Promise<Response> {
  const { text, value } = await readJson(call.request, call.settings.maxBodyBytes);
  const body = validate("routable", value);
  const input = await planInput(call, "chat", body);
  const [choice] = chosenFirst(input);
  if (call.record !== null) {
    call.record.provider = choice.provider.name;
    call.record.model_asked = body.model ?? null;
    call.record.model_used = choice.model;
  }
  const totalMs = totalTime(choice.provider, input);
  const counted = method === "tokenize" ? await countByProvider(call, choice, value, totalMs) : null;
  if (counted?.body !== undefined) {
    const { failure } = counted;
    if (call.record !== null) call.record.error_code = failure?.code ?? null;
    return json(
      counted.body,
      counted.status,
      retryAfterHeader({ status: counted.status, retryAfterMs: failure?.retryAfterMs }),
    );
  }
  const reply = await call.env.TOKENIZER[method]({
    body: bodyForRpc(text),
    provider: choice.provider.name,
    model: choice.model,
    requestedModel: choice.requestedModel,
    requestId: call.requestId,
    ...(counted?.totalTokens !== undefined && { providerCount: counted.totalTokens }),
  }).catch((thrown: unknown) => {
    throw unavailable("tokenizer", thrown);
  });
  if (call.record !== null) call.record.error_code = reply.errorCode ?? null;
  return json(reply.body, reply.status);
}

/** With `exact: true` a provider that counts itself is asked; the tokenizer can only estimate for it. */
async function countByProvider(
  call: Call,
  { provider, model, requestedModel }: Choice,
  body: JsonObject,
  totalMs: number,
) {
  if (body["exact"] !== true || provider.binding !== "GEMINI_RELAY") return null;
  const chat = chatOf(body);
  if (chat === null) return null;
  const asked = call.env.GEMINI_RELAY.countTokens({
    body: bodyForRpc(JSON.stringify(chat)),
    model,
    requestedModel,
    requestId: call.requestId,
    sessionId: call.session.id,
    stream: false,
    includeUsage: false,
    traceparent: traceparentFor(call),
    deadlines: { firstByteMs: totalMs, totalMs },
  });
  return unlessLeft(
    call.request,
    asked.catch((thrown: unknown) => {
      throw unavailable("relay", thrown);
    }),
  );
}

/** What is counted, as a chat; null for lists of texts and for what the tokenizer will refuse. */
function chatOf({ messages, tools, functions, text, input, prompt }: JsonObject): JsonObject | null {
  if (Array.isArray(messages)) return { messages, tools, functions };
  const content = text ?? input ?? prompt;
  return typeof content === "string" ? { messages: [{ role: "user", content }] } : null;
}

function json(body: string | Uint8Array, status: number, headers: Record<string, string> = {}): Response {
  return new Response(body, { status, headers: { "content-type": "application/json", ...headers } });
}
