import { SseParser } from "../shared/formats/sse.ts";
import { isObject, tryParseJson } from "../shared/json.ts";
import { type CurlRequest, curl } from "./curl.ts";

export interface ChatOptions {
  url: string;
  token: string;
  prompt: string;
  provider?: string | undefined;
  model?: string | undefined;
}

/** Where an answer goes: what belongs to it, and what is said beside it. */
export interface Terminal {
  out: NodeJS.WritableStream;
  /** Reasoning is shown on a terminal only, so that a pipe gets the answer alone. */
  showReasoning: boolean;
}

/** The request that `chat` sends; also what the start page shows as an example. */
export function chatRequest({ url, token, prompt, provider, model }: ChatOptions): CurlRequest {
  const body = { ...(provider && { provider }), ...(model && { model }), stream: true };
  return {
    url: `${url}/v1/chat/completions`,
    method: "POST",
    headers: { "X-AUTH-TOKEN": token, "Content-Type": "application/json" },
    body: JSON.stringify({ ...body, messages: [{ role: "user", content: prompt }] }),
    maxTime: 300,
  };
}

/** Streams one answer to the terminal. Throws with the server's message when there is an error, also amid the stream. */
export async function chat(options: ChatOptions, { out, showReasoning }: Terminal): Promise<void> {
  const parser = new SseParser();
  const encoder = new TextEncoder();
  let failure: string | undefined;
  const show = (data: string) => {
    const chunk = tryParseJson(data);
    if (!isObject(chunk)) return;
    failure ??= errorMessage(chunk);
    const choice = Array.isArray(chunk["choices"]) ? chunk["choices"][0] : undefined;
    const delta = isObject(choice) && isObject(choice["delta"]) ? choice["delta"] : {};
    if (showReasoning && typeof delta["reasoning_content"] === "string") out.write(dim(delta["reasoning_content"]));
    if (typeof delta["content"] === "string") out.write(delta["content"]);
  };
  const answer = await curl({
    ...chatRequest(options),
    onBody: (text) => {
      for (const data of parser.push(encoder.encode(text))) show(data);
    },
  });
  if (answer.status >= 300) {
    throw new Error(`${answer.status}: ${errorMessage(tryParseJson(answer.body)) ?? answer.body.slice(0, 500)}`);
  }
  for (const data of parser.end()) show(data);
  out.write("\n");
  if (failure !== undefined) throw new Error(failure);
}

function errorMessage(body: unknown): string | undefined {
  if (!isObject(body) || !isObject(body["error"])) return undefined;
  return String(body["error"]["message"]);
}

function dim(text: string): string {
  return `\u001b[2m${text}\u001b[22m`;
}
