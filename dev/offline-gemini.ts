import type { ServerResponse } from "node:http";
import {
  type Fixture,
  generateDeterministicEmbedding,
  handleGemini,
  Journal,
  Logger,
  type Mountable,
  type StreamingProfile,
} from "@copilotkit/aimock";
import { isObject, type JsonObject } from "../shared/json.ts";
import { gemini } from "../shared/registry/gemini.ts";
import type { ModelEntry } from "../shared/registry/model.ts";
import { CHUNK_SIZE, toAimock } from "./aimock-reply.ts";
import { readBody, sendJson } from "./http.ts";
import { repeatedCandidates } from "./repeated-candidates.ts";
import { type ReplyMessage, replyTo, roughTokens, textOf } from "./replies.ts";

/** Dimensions of gemini-embedding-001 when none are asked for. */
const EMBEDDING_SIZE = 3072;

/**
 * The Gemini API below /v1beta. aimock writes its answers and streams; what it
 * lacks is here: the model list, countTokens, batchEmbedContents, JSON schemas
 * (`parametersJsonSchema`, `responseJsonSchema`), usage figures, candidateCount,
 * and the finish reason STOP beside a call, where aimock invents a FUNCTION_CALL.
 */
export function offlineGemini(pace: StreamingProfile): Mountable {
  const journal = new Journal({ maxEntries: 1 });
  const defaults = { latency: 0, chunkSize: CHUNK_SIZE, replaySpeed: 1, logger: new Logger("silent") };
  return {
    async handleRequest(request, response, path) {
      const [, model, method] = /^\/models(?:\/([^/:]+))?(?::(\w+))?$/.exec(path) ?? [];
      if (request.method === "GET" && method === undefined) return listModels(response, model);
      if (request.method !== "POST" || model === undefined) return false;
      const { text, json } = await readBody(request);
      if (json === undefined) return refuse(response, 400, "INVALID_ARGUMENT", "Invalid JSON payload received.");
      if (!isKnown(model)) return notFound(response, model);
      switch (method) {
        case "generateContent":
        case "streamGenerateContent": {
          const stream = method === "streamGenerateContent";
          const fixture: Fixture = { match: {}, response: answer(json, model, stream), streamingProfile: pace };
          const out = repeatedCandidates(response, candidateCount(json));
          await handleGemini(request, out, text, model, stream, [fixture], journal, defaults, () => {});
          return true;
        }
        case "countTokens": {
          const counted = isObject(json["generateContentRequest"]) ? json["generateContentRequest"] : json;
          sendJson(response, 200, { totalTokens: promptTokens(counted) });
          return true;
        }
        case "embedContent":
          sendJson(response, 200, { embedding: { values: embed(json) } });
          return true;
        case "batchEmbedContents":
          sendJson(response, 200, { embeddings: list(json["requests"]).map((each) => ({ values: embed(each) })) });
          return true;
        default:
          return false;
      }
    },
  };
}

function answer(body: JsonObject, model: string, stream: boolean): Fixture["response"] {
  const config = generationConfig(body);
  const thinking = isObject(config["thinkingConfig"]) ? config["thinkingConfig"] : {};
  const reply = replyTo({
    model,
    messages: list(body["contents"]).flatMap(toMessages),
    tools: list(body["tools"])
      .flatMap((tool) => list(tool["functionDeclarations"]))
      .map(toTool),
    toolChoice: toToolChoice(body["toolConfig"]),
    jsonSchema:
      config["responseJsonSchema"] ??
      config["responseSchema"] ??
      (config["responseMimeType"] === "application/json" ? true : undefined),
    stop: config["stopSequences"],
  });
  if (thinking["includeThoughts"] !== true) delete reply.reasoning;
  const written = reply.toolCall === undefined ? reply.text : JSON.stringify(reply.toolCall);
  const usage = { prompt_tokens: promptTokens(body), completion_tokens: candidateCount(body) * roughTokens(written) };
  return toAimock(reply, { stream, finishReason: "stop", usage });
}

function generationConfig(body: JsonObject): JsonObject {
  return isObject(body["generationConfig"]) ? body["generationConfig"] : {};
}

function candidateCount(body: JsonObject): number {
  const count = generationConfig(body)["candidateCount"];
  return typeof count === "number" ? count : 1;
}

/** A `contents` entry as messages: a function's response is a tool message, the rest what its role says. */
function toMessages(content: JsonObject): ReplyMessage[] {
  const parts = list(content["parts"]);
  const results = parts.flatMap((part) =>
    isObject(part["functionResponse"]) ? [part["functionResponse"]["response"]] : [],
  );
  if (results.length > 0) return results.map((result) => ({ role: "tool", content: JSON.stringify(result) }));
  return [
    {
      role: content["role"] === "model" ? "assistant" : "user",
      content: parts.filter((part) => part["thought"] !== true),
    },
  ];
}

function toTool(declaration: JsonObject): JsonObject {
  return { ...declaration, parameters: declaration["parameters"] ?? declaration["parametersJsonSchema"] };
}

/** {functionCallingConfig: {mode: "ANY", allowedFunctionNames: ["f"]}} → {function: {name: "f"}} */
function toToolChoice(toolConfig: unknown): unknown {
  const config = isObject(toolConfig) ? toolConfig["functionCallingConfig"] : undefined;
  if (!isObject(config)) return undefined;
  const mode = String(config["mode"]).toUpperCase();
  if (mode === "NONE") return "none";
  if (mode !== "ANY") return undefined;
  const names = config["allowedFunctionNames"];
  return Array.isArray(names) && names.length > 0 ? { function: { name: names[0] } } : "required";
}

function promptTokens(body: JsonObject): number {
  const contents = list(body["contents"]);
  const all = isObject(body["systemInstruction"]) ? [body["systemInstruction"], ...contents] : contents;
  return roughTokens(all.map((content) => textOf(content["parts"])).join(""));
}

function embed(request: JsonObject): number[] {
  const content = isObject(request["content"]) ? textOf(request["content"]["parts"]) : "";
  const size = request["outputDimensionality"];
  return generateDeterministicEmbedding(content, typeof size === "number" ? size : EMBEDDING_SIZE);
}

function isKnown(model: string): boolean {
  return gemini.models.some(({ id }) => id === model) || gemini.families.some((family) => family.test(model));
}

function listModels(response: ServerResponse, model: string | undefined): true {
  const models = gemini.models.filter(({ servedBy }) => servedBy === undefined);
  if (model === undefined) sendJson(response, 200, { models: models.map(toGeminiModel) });
  else {
    const found = models.find(({ id }) => id === model);
    if (found === undefined) return notFound(response, model);
    sendJson(response, 200, toGeminiModel(found));
  }
  return true;
}

function toGeminiModel({ id, type, contextWindow, maxOutputTokens }: ModelEntry): JsonObject {
  const methods = type === "embedding" ? ["embedContent", "countTokens"] : ["generateContent", "countTokens"];
  return {
    name: `models/${id}`,
    displayName: `${id} (offline stand-in)`,
    inputTokenLimit: contextWindow,
    outputTokenLimit: maxOutputTokens,
    supportedGenerationMethods: methods,
  };
}

function notFound(response: ServerResponse, model: string): true {
  return refuse(response, 404, "NOT_FOUND", `models/${model} is not found for API version v1beta.`);
}

function refuse(response: ServerResponse, code: number, status: string, message: string): true {
  sendJson(response, code, { error: { code, message, status } });
  return true;
}

function list(value: unknown): JsonObject[] {
  return Array.isArray(value) ? value.filter(isObject) : [];
}
