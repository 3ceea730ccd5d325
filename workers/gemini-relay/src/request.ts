import { type ApiError, badRequest } from "@ai-proxy/shared/errors";
import type { ChatRequest } from "@ai-proxy/shared/formats/chat-request";
import type { CallForm } from "@ai-proxy/shared/formats/chat-writer";
import { callFormOf, translateModern } from "@ai-proxy/shared/formats/legacy-functions";
import { isObject, type JsonObject, tryParseJson } from "@ai-proxy/shared/json";
import { CHAT_FIELDS, UNKNOWN_FIELD } from "./fields.ts";
import type { GenerateContentRequest } from "./gemini.ts";
import { toGenerationConfig } from "./generation-config.ts";
import { type GoogleOptions, readGoogleOptions } from "./google-options.ts";
import { readMessages } from "./messages.ts";
import { type ModelTraits, modelPath, modelTraits } from "./model.ts";
import { flagField } from "./read.ts";
import { readTools, type ToolFields } from "./tools.ts";

export interface TranslatedRequest {
  request: GenerateContentRequest;
  /** Fields that the client gave and Gemini has nothing for. */
  ignored: string[];
  /** How the answer writes its calls. */
  callForm: CallForm;
}

/**
 * The text of an OpenAI chat request → what generateContent and
 * streamGenerateContent take. Throws a 400 that names the field at fault.
 *
 *   {"messages":[{"role":"system","content":"Be brief"},{"role":"user","content":"Hi"}],"max_tokens":9}
 *   → {systemInstruction: {parts: [{text: "Be brief"}]}, contents: [{role: "user", parts: [{text: "Hi"}]}],
 *      generationConfig: {maxOutputTokens: 9}}
 */
export function toGeminiRequest(text: string, model: string): TranslatedRequest {
  const body = tryParseJson(text);
  if (!isObject(body)) throw badRequest("The body must be a JSON object.");
  const ignored = checkFields(body);
  const translated = translateModern(body, (modern) => translate(modern, modelTraits(model), ignored));
  return { ...translated, callForm: callFormOf(body) };
}

function translate(body: ChatRequest, traits: ModelTraits, ignored: string[]): Omit<TranslatedRequest, "callForm"> {
  const google = readGoogleOptions(body, ignored);
  const ignoredInParts = new Set<string>();
  const { contents, system } = readMessages(body.messages, { traits, ignored: ignoredInParts });
  const generation = toGenerationConfig(body, traits, google);
  const store = flagField(body, "store");
  const request: GenerateContentRequest = {
    contents,
    ...(system.length > 0 && { systemInstruction: { parts: system } }),
    ...withGoogleTools(readTools(body), google),
    ...(Object.keys(generation.config).length > 0 && { generationConfig: generation.config }),
    ...(google.safetySettings !== undefined && { safetySettings: google.safetySettings }),
    ...(google.cachedContent !== undefined && { cachedContent: google.cachedContent }),
    ...serviceTier(body.service_tier, ignored),
    ...(store !== undefined && { store }),
  };
  return { request, ignored: [...ignored, ...ignoredInParts, ...generation.ignored] };
}

/** What countTokens takes: the prompt as generateContent would get it. */
export function toCountRequest(text: string, model: string): JsonObject {
  const { request } = toGeminiRequest(text, model);
  const { contents, systemInstruction, tools, toolConfig } = request;
  return {
    generateContentRequest: {
      // Google wants the full name in here although the URL has it too.
      model: modelPath(model),
      contents,
      ...(systemInstruction !== undefined && { systemInstruction }),
      ...(tools !== undefined && { tools }),
      ...(toolConfig !== undefined && { toolConfig }),
    },
  };
}

/** The given fields that are ignored; throws for one that is refused. */
function checkFields(body: ChatRequest): string[] {
  const ignored: string[] = [];
  for (const [name, value] of Object.entries(body)) {
    if (isUnset(value)) continue;
    const rule = CHAT_FIELDS.get(name) ?? UNKNOWN_FIELD;
    if (rule.becomes === "refused") throw refusal(name, rule.note);
    if (rule.becomes === "ignored" && value !== rule.fits) ignored.push(name);
  }
  return ignored;
}

/** null, {} and [] ask for nothing. */
function isUnset(value: unknown): boolean {
  return value === null || (typeof value === "object" && Object.keys(value).length === 0);
}

function refusal(name: string, note: string): ApiError {
  return badRequest(`${name} is not supported with Gemini: ${note}.`, name, "unsupported_parameter");
}

function withGoogleTools(fields: ToolFields, google: GoogleOptions): ToolFields {
  const tools = [...(fields.tools ?? []), ...(google.tools ?? [])];
  // Functions beside Google's own tools are a 400 unless their steps are shown.
  const mixed = new Set(tools.map(isFunctions)).size > 1;
  const showSteps = google.includeServerSideToolInvocations ?? (mixed || undefined);
  const toolConfig: JsonObject = {
    ...fields.toolConfig,
    ...(google.retrievalConfig !== undefined && { retrievalConfig: google.retrievalConfig }),
    ...(showSteps !== undefined && { includeServerSideToolInvocations: showSteps }),
  };
  return {
    ...(tools.length > 0 && { tools }),
    ...(Object.keys(toolConfig).length > 0 && { toolConfig }),
  };
}

function isFunctions(tool: JsonObject): boolean {
  return tool["functionDeclarations"] !== undefined || tool["function_declarations"] !== undefined;
}

/** OpenAI's tiers → Gemini's. Null where Gemini has none: a tier changes speed and price, not the answer. */
const SERVICE_TIERS: Readonly<Record<string, string | null>> = {
  auto: null,
  default: "standard",
  flex: "flex",
  priority: "priority",
  scale: null,
  fast: null,
};

function serviceTier(tier: unknown, ignored: string[]): { serviceTier?: string } {
  if (tier === undefined || tier === null || tier === "auto") return {};
  if (typeof tier !== "string" || !Object.hasOwn(SERVICE_TIERS, tier)) {
    const known = Object.keys(SERVICE_TIERS).join(", ");
    throw badRequest(`service_tier must be one of ${known}.`, "service_tier", "invalid_value");
  }
  const name = SERVICE_TIERS[tier] ?? null;
  if (name === null) ignored.push("service_tier");
  return name === null ? {} : { serviceTier: name };
}
