import { randomBytes } from "node:crypto";
import { TOKEN } from "./servers.ts";

/** A request as the load generator sends it; always a POST of JSON. */
export interface RequestSpec {
  /** Socket of the server: see servers.ts. */
  socket: "main" | "caller";
  path: string;
  headers: Record<string, string>;
  body: string;
}

/** What the upstream is to stream, said in the text of the message. Milliseconds between chunks; 0 sends all at once. */
export interface StreamOrder {
  chunks: number;
  pace: number;
}

/** The same thing asked of the mesh in OpenAI's words, and of the provider in its own. */
export interface Requests {
  mesh: RequestSpec;
  bare: RequestSpec;
  upstream: RequestSpec;
}

const MODELS = {
  openai: "gpt-4.1-mini",
  gemini: "gemini-2.5-flash",
  "cf-ai": "@cf/meta/llama-4-scout-17b-16e-instruct",
};

/** What a client of the gateway sends; the bare Worker gets the same. */
const HEADERS = {
  "x-auth-token": TOKEN,
  "x-session-id": "bench-session",
  "user-agent": "OpenAI/JS 7.57.0",
  accept: "application/json",
};

const CHAT_PATH = "/v1/chat/completions";
const SYSTEM = "You are a helpful assistant. Answer briefly and in English.";

function post(path: string, body: object): RequestSpec {
  return { socket: "main", path, headers: HEADERS, body: JSON.stringify(body) };
}

function openaiMessages(content: string | object[]): object[] {
  return [
    { role: "system", content: SYSTEM },
    { role: "user", content },
  ];
}

export function openaiWhole(content: string | object[]): RequestSpec {
  return post(CHAT_PATH, {
    model: MODELS.openai,
    messages: openaiMessages(content),
    temperature: 0.7,
    max_tokens: 512,
  });
}

export function withWrongToken(request: RequestSpec): RequestSpec {
  return { ...request, headers: { ...request.headers, "x-auth-token": `${TOKEN}x` } };
}

/** A prompt of this many bytes, of words. */
export function longPrompt(bytes: number): RequestSpec {
  const sentence = "All work and no play makes a long prompt that a proxy has to carry; ";
  return openaiWhole(sentence.repeat(Math.ceil(bytes / sentence.length)).slice(0, bytes));
}

/** An image of this many bytes as a data URL: a third more as base64. */
export function imagePrompt(bytes: number): RequestSpec {
  const url = `data:image/png;base64,${randomBytes(bytes).toString("base64")}`;
  return openaiWhole([
    { type: "text", text: "What is this?" },
    { type: "image_url", image_url: { url } },
  ]);
}

export function tokenizeRequest(): RequestSpec {
  const text = "The quick brown fox jumps over the lazy dog, and a tokenizer counts what it is made of. ".repeat(20);
  return post("/v1/tokenize", { model: MODELS.openai, text });
}

export function geminiWhole(): Requests {
  const content = "Say something about a fox.";
  const mesh = post(CHAT_PATH, { model: MODELS.gemini, messages: openaiMessages(content) });
  return { mesh, ...atProvider(post(`/v1beta/models/${MODELS.gemini}:generateContent`, geminiBody(content))) };
}

export function workersAiWhole(): Requests {
  const messages = openaiMessages("Say something about a fox.");
  const mesh = post(CHAT_PATH, { model: MODELS["cf-ai"], messages });
  return { mesh, ...atProvider(post("/run", { inputs: { messages } })) };
}

/** A stream by its provider: "openai" (usage not asked for), "openai-usage", "gemini" or "cf-ai". */
export function streamRequests(provider: string, { chunks, pace }: StreamOrder): Requests {
  const content = `bench:chunks=${chunks},pace=${pace}; Say something about a fox.`;
  const messages = openaiMessages(content);
  const chat = (model: string, usage: boolean) =>
    post(CHAT_PATH, { model, messages, stream: true, ...(usage && { stream_options: { include_usage: true } }) });
  if (provider === "gemini") {
    const path = `/v1beta/models/${MODELS.gemini}:streamGenerateContent?alt=sse`;
    return { mesh: chat(MODELS.gemini, true), ...atProvider(post(path, geminiBody(content))) };
  }
  if (provider === "cf-ai") {
    return { mesh: chat(MODELS["cf-ai"], true), ...atProvider(post("/run", { inputs: { messages, stream: true } })) };
  }
  const request = chat(MODELS.openai, provider === "openai-usage");
  return { mesh: request, ...atProvider(request) };
}

function atProvider(request: RequestSpec): Pick<Requests, "bare" | "upstream"> {
  return { bare: request, upstream: request };
}

function geminiBody(content: string): object {
  return {
    contents: [{ role: "user", parts: [{ text: content }] }],
    systemInstruction: { parts: [{ text: SYSTEM }] },
  };
}
