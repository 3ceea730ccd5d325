import { buildEmbeddingResponse, generateDeterministicEmbedding, type Mountable } from "@copilotkit/aimock";
import type { JsonObject } from "../shared/json.ts";
import { readBody, sendJson } from "./http.ts";
import { roughTokens } from "./replies.ts";

/**
 * POST /v1/embeddings. aimock has it, but knows no base64, which OpenAI's own
 * SDK asks for unless told otherwise and then decodes whatever comes.
 */
export const offlineEmbeddings: Mountable = {
  async handleRequest(request, response, path) {
    if (path !== "/" || request.method !== "POST") return false;
    const { json = {} } = await readBody(request);
    const model = typeof json["model"] === "string" ? json["model"] : "";
    const inputs = textsOf(json["input"]);
    const vectors = inputs.map((text) => generateDeterministicEmbedding(text, sizeOf(json, model)));
    const tokens = roughTokens(inputs.join(""));
    const body = buildEmbeddingResponse(vectors, model, { prompt_tokens: tokens, total_tokens: tokens });
    const data = body.data.map((each) => ({ ...each, embedding: encode(each.embedding, json["encoding_format"]) }));
    sendJson(response, 200, { ...body, data });
    return true;
  },
};

/** A text, a list of texts, a list of token ids, or a list of such lists. */
function textsOf(input: unknown): string[] {
  if (!Array.isArray(input)) return [String(input)];
  if (input.every((each) => typeof each === "number")) return [input.join(" ")];
  return input.map((each) => (Array.isArray(each) ? each.join(" ") : String(each)));
}

function sizeOf(body: JsonObject, model: string): number {
  if (typeof body["dimensions"] === "number") return body["dimensions"];
  return model.includes("large") ? 3072 : 1536;
}

/** base64 is the vector as little-endian float32. */
function encode(vector: number[], format: unknown): number[] | string {
  if (format !== "base64") return vector;
  const bytes = Buffer.alloc(4 * vector.length);
  for (const [at, value] of vector.entries()) bytes.writeFloatLE(value, 4 * at);
  return bytes.toString("base64");
}
