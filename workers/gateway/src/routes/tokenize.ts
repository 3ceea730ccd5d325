import { bodyForRpc } from "@ai-proxy/shared/contract/relay";
import type { Call } from "../call.ts";
import { readJson } from "../edge/body.ts";
import { validate } from "../edge/validation.ts";
import { choose } from "../routing/choose.ts";
import { knownProviders } from "../routing/providers.ts";

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
  const providers = await knownProviders(call.env, body);
  const choice = choose(
    { provider: body.provider, model: body.model, kind: "chat" },
    providers,
    call.settings.defaultProvider,
  );
  if (call.record !== null) {
    call.record.provider = choice.provider.name;
    call.record.model_asked = body.model ?? null;
    call.record.model_used = choice.model;
  }
  const reply = await call.env.TOKENIZER[method]({
    body: bodyForRpc(text),
    provider: choice.provider.name,
    model: choice.model,
    requestedModel: choice.requestedModel,
    requestId: call.requestId,
  });
  return new Response(reply.body, { status: reply.status, headers: { "content-type": "application/json" } });
}
