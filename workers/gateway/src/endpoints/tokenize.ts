import type { TokenCountReply } from "@ai-proxy/shared/contract/relay";
import { bodyForRpc } from "@ai-proxy/shared/contract/transfer";
import { retryAfterHeader } from "@ai-proxy/shared/formats/error-body";
import type { JsonObject } from "@ai-proxy/shared/json";
import type { Grant } from "../access/admit.ts";
import { withKnown } from "../record/outcome.ts";
import { type JsonBody, readJson } from "../request/body.ts";
import type { RequestContext } from "../request/context.ts";
import { validate } from "../request/schemas.ts";
import type { Choice } from "../routing/choose.ts";
import { GRACE_MS, totalMsOf, wholeDeadlines } from "../routing/deadlines.ts";
import { chosenFirst } from "../routing/plan.ts";
import { askSibling } from "../serving/ask-sibling.ts";
import { isTokenCountReply, isTokenizeReply } from "../serving/check-reply.ts";
import { CHAT, planInput } from "../serving/plan-input.ts";
import type { Answer } from "../serving/respond.ts";

type Operation = "tokenize" | "detokenize";

/** POST /v1/tokenize */
export function tokenize(context: RequestContext, grant: Grant): Promise<Answer> {
  return withTokenizer(context, grant, "tokenize");
}

/** POST /v1/detokenize */
export function detokenize(context: RequestContext, grant: Grant): Promise<Answer> {
  return withTokenizer(context, grant, "detokenize");
}

async function withTokenizer(context: RequestContext, grant: Grant, operation: Operation): Promise<Answer> {
  const body = await readJson(context.request, context.settings.maxBodyBytes);
  const routed = validate("routable", body.value);
  const asked = { modelAsked: routed.model ?? null };
  return withKnown(asked, async () => {
    const input = await planInput(context, grant, CHAT, routed);
    const [choice] = chosenFirst(input);
    const known = { ...asked, provider: choice.provider.name, modelUsed: choice.model };
    return withKnown(known, async () => {
      const totalMs = totalMsOf(choice.provider, input);
      const until = Date.now() + totalMs;
      const counted = operation === "tokenize" ? await countAtProvider(context, choice, body.value, totalMs) : null;
      const { response, errorCode } =
        counted?.body === undefined
          ? await askTokenizer(context, operation, { choice, body, providerCount: counted?.totalTokens, until })
          : refusedCount(counted, counted.body);
      return { response, outcome: { ...known, errorCode } };
    });
  });
}

interface Counted {
  response: Response;
  errorCode: string | null;
}

async function askTokenizer(
  { env, request, requestId }: RequestContext,
  operation: Operation,
  asked: { choice: Choice; body: JsonBody; providerCount: number | undefined; until: number },
): Promise<Counted> {
  const { choice, body, providerCount, until } = asked;
  const reply = await askSibling(request, {
    worker: "tokenizer",
    timeoutMs: Math.max(1, until - Date.now()),
    isReply: isTokenizeReply,
    ask: () =>
      env.TOKENIZER[operation]({
        body: bodyForRpc(body.text),
        provider: choice.provider.name,
        model: choice.model,
        requestedModel: choice.requestedModel,
        requestId,
        ...(providerCount !== undefined && { providerCount }),
      }),
  });
  return { response: json(reply.body, reply.status), errorCode: reply.errorCode ?? null };
}

/** The provider's own words on why it does not count. */
function refusedCount({ status, failure }: TokenCountReply, body: string): Counted {
  const headers = retryAfterHeader({ status, retryAfterMs: failure?.retryAfterMs });
  return { response: json(body, status, headers), errorCode: failure?.code ?? null };
}

/** With `exact: true` a provider that counts itself is asked; the tokenizer can only estimate for it. */
async function countAtProvider(
  { env, request, requestId, session, trace }: RequestContext,
  { provider, model, requestedModel }: Choice,
  body: JsonObject,
  totalMs: number,
): Promise<TokenCountReply | null> {
  if (body["exact"] !== true || !provider.countsTokens) return null;
  const chat = asChat(body);
  if (chat === null) return null;
  return askSibling(request, {
    worker: "relay",
    timeoutMs: totalMs + GRACE_MS,
    isReply: isTokenCountReply,
    ask: () =>
      env[provider.binding].countTokens?.({
        body: bodyForRpc(JSON.stringify(chat)),
        model,
        requestedModel,
        requestId,
        sessionId: session.id,
        stream: false,
        includeUsage: false,
        traceparent: trace.traceparent,
        deadlines: wholeDeadlines(totalMs),
      }),
  });
}

/** What is counted, as a chat. Null for lists of texts, and for what the tokenizer is going to refuse. */
function asChat({ messages, tools, functions, text, input, prompt }: JsonObject): JsonObject | null {
  if (Array.isArray(messages)) return { messages, tools, functions };
  const content = text ?? input ?? prompt;
  return typeof content === "string" ? { messages: [{ role: "user", content }] } : null;
}

function json(body: string | Uint8Array, status: number, headers: Record<string, string> = {}): Response {
  return new Response(body, { status, headers: { "content-type": "application/json", ...headers } });
}
