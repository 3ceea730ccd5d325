import type { IncomingMessage, ServerResponse } from "node:http";
import { isObject, type JsonObject, tryParseJson } from "../shared/json.ts";

/** The request's body as text and, when it is a JSON object, as that. */
export async function readBody(request: IncomingMessage): Promise<{ text: string; json: JsonObject | undefined }> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(Buffer.from(chunk));
  const text = Buffer.concat(chunks).toString("utf8");
  const json = tryParseJson(text);
  return { text, json: isObject(json) ? json : undefined };
}

export function sendJson(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { "content-type": "application/json" });
  response.end(JSON.stringify(body));
}
