import { badRequest } from "@ai-proxy/shared/errors";
import type { ChatRequest } from "@ai-proxy/shared/formats/chat-request";
import { translateModern } from "@ai-proxy/shared/formats/legacy-functions";
import { isObject, type JsonObject } from "@ai-proxy/shared/json";
import { catalogInputs, refuseUntranslated } from "./catalog.ts";
import { type Dialect, dialectOf } from "./dialect.ts";
import { pickPassedFields } from "./fields.ts";
import { chooseMaxTokens } from "./max-tokens.ts";
import { toWorkersAiMessages } from "./messages.ts";
import { toReasoningInputs } from "./reasoning.ts";
import { toWorkersAiResponseFormat } from "./response-format.ts";
import { toWorkersAiTools } from "./tools.ts";

export interface ChatInputsOptions {
  /** The model that runs. */
  model: string;
  stream: boolean;
  /** The request's JSON text, which the prompt's size is estimated from. */
  text: string;
}

/** The dialect of a model that gets a translated request; those of other vendors get it as it came. */
type TranslatedDialect = Dialect & { schema: Exclude<Dialect["schema"], "catalog"> };

/**
 * An OpenAI chat request → the inputs of `env.AI.run`. Throws a 400 that names
 * the field for what this model cannot do.
 */
export function chatInputs(body: ChatRequest, { model, stream, text }: ChatInputsOptions): JsonObject {
  const dialect = dialectOf(model);
  if (dialect.schema === "catalog") {
    refuseUntranslated(model);
    return { ...catalogInputs(body), ...(stream && { stream: true }) };
  }
  const { schema } = dialect;
  return translateModern(body, (modern) => ({
    ...translated(modern, { ...dialect, schema }, text),
    ...(stream && { stream: true }),
    // Native models count by themselves; vLLM has to be asked.
    ...(stream && schema === "openai" && { stream_options: { include_usage: true } }),
  }));
}

function translated(body: ChatRequest, dialect: TranslatedDialect, text: string): JsonObject {
  const format = toWorkersAiResponseFormat(body.response_format, dialect);
  return {
    ...pickPassedFields(body, dialect.schema),
    messages: toWorkersAiMessages(body.messages, dialect),
    ...toWorkersAiTools(body, dialect),
    ...tokenLimit(body, dialect, text),
    ...(format !== undefined && { response_format: format }),
    ...(body.stop !== null && body.stop !== undefined && { stop: body.stop }),
    ...seedInput(body.seed, dialect),
    ...reasoning(body, dialect),
  };
}

function tokenLimit(body: ChatRequest, { entry, schema }: Dialect, text: string): JsonObject {
  const limit = chooseMaxTokens(body, entry, text);
  // Both names, since gpt-oss is documented with `max_tokens` alone: the other would leave the default of 256.
  return schema === "native" ? { max_tokens: limit } : { max_tokens: limit, max_completion_tokens: limit };
}

/** The native schema's range. */
const LAST_SEED = 9_999_999_999;

/** A seed outside of the native schema's range becomes one inside, always the same. */
function seedInput(seed: unknown, { schema }: Dialect): JsonObject {
  if (schema !== "native" || typeof seed !== "number") return {};
  if (!Number.isInteger(seed)) throw badRequest("seed must be a whole number.", "seed", "invalid_value");
  if (seed >= 1 && seed <= LAST_SEED) return { seed };
  return { seed: 1 + (((seed % LAST_SEED) + LAST_SEED) % LAST_SEED) };
}

function reasoning(body: ChatRequest, dialect: Dialect): JsonObject {
  const inputs = toReasoningInputs(body.reasoning_effort, dialect);
  const given = body["chat_template_kwargs"];
  const ours = inputs["chat_template_kwargs"];
  return isObject(given) && isObject(ours) ? { chat_template_kwargs: { ...given, ...ours } } : inputs;
}
