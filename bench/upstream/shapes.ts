import { EMPTY_STAMP } from "../stamp.ts";

/** What the three providers answer, as they send it: JSON text, and the events of a stream. */

export type Protocol = "openai" | "gemini" | "workers-ai";

export interface StreamShape {
  /** Sent with the first chunk. */
  opening: string;
  /** A chunk of content, with an empty stamp in its text. */
  content(at: number, of: number): string;
  /** Sent with the last chunk. */
  closing: string;
}

const TEXT = "The quick brown fox jumps over the lazy dog while the band plays on. ".repeat(4);

/** Texts of chunks: about a token each, as OpenAI and Workers AI send them. */
function token(at: number): string {
  return `${["alpha", " beta", " gamma", " del", "ta"][at % 5]}${EMPTY_STAMP}`;
}

function event(data: unknown, blank = "\n\n"): string {
  return `data: ${JSON.stringify(data)}${blank}`;
}

const OPENAI_BASE = {
  id: "chatcmpl-DbenchDbenchDbenchDbenchDbe",
  created: 1_795_000_000,
  model: "gpt-4.1-mini-2025-04-14",
  service_tier: "default",
  system_fingerprint: "fp_0123456789",
};

const OPENAI_USAGE = {
  prompt_tokens: 27,
  completion_tokens: 64,
  total_tokens: 91,
  prompt_tokens_details: { cached_tokens: 0, audio_tokens: 0 },
  completion_tokens_details: {
    reasoning_tokens: 0,
    audio_tokens: 0,
    accepted_prediction_tokens: 0,
    rejected_prediction_tokens: 0,
  },
};

function openaiStream(includeUsage: boolean): StreamShape {
  const chunk = (delta: object, finish_reason: string | null) =>
    event({
      ...OPENAI_BASE,
      object: "chat.completion.chunk",
      choices: [{ index: 0, delta, logprobs: null, finish_reason }],
      ...(includeUsage && { usage: null }),
      obfuscation: "q8Zr1VbT",
    });
  const usage = event({ ...OPENAI_BASE, object: "chat.completion.chunk", choices: [], usage: OPENAI_USAGE });
  return {
    opening: chunk({ role: "assistant", content: "", refusal: null }, null),
    content: (at) => chunk({ content: token(at) }, null),
    closing: `${chunk({}, "stop")}${includeUsage ? usage : ""}data: [DONE]\n\n`,
  };
}

const OPENAI_WHOLE = {
  ...OPENAI_BASE,
  object: "chat.completion",
  choices: [
    {
      index: 0,
      message: { role: "assistant", content: TEXT, refusal: null, annotations: [] },
      logprobs: null,
      finish_reason: "stop",
    },
  ],
  usage: OPENAI_USAGE,
};

const GEMINI_BASE = {
  usageMetadata: {
    promptTokenCount: 27,
    candidatesTokenCount: 64,
    totalTokenCount: 91,
    promptTokensDetails: [{ modality: "TEXT", tokenCount: 27 }],
  },
  modelVersion: "gemini-2.5-flash",
  responseId: "benchBenchBenchBenchBen",
};

function geminiReply(text: string, last: boolean): object {
  const content = { parts: [{ text }], role: "model" };
  return { candidates: [{ content, ...(last && { finishReason: "STOP" }), index: 0 }], ...GEMINI_BASE };
}

const GEMINI_STREAM: StreamShape = {
  opening: "",
  content: (at, of) => event(geminiReply(token(at), at === of - 1), "\r\n\r\n"),
  closing: "",
};

const WORKERS_AI_USAGE = { prompt_tokens: 27, completion_tokens: 64, total_tokens: 91 };

const WORKERS_AI_STREAM: StreamShape = {
  opening: "",
  content: (at) => event({ response: token(at), p: "abdefghijklmnopq" }),
  closing: `${event({ response: "", usage: WORKERS_AI_USAGE })}data: [DONE]\n\n`,
};

/** The shape of a stream. @param includeUsage the request asked OpenAI for usage */
export function streamShape(protocol: Protocol, includeUsage: boolean): StreamShape {
  if (protocol === "openai") return openaiStream(includeUsage);
  return protocol === "gemini" ? GEMINI_STREAM : WORKERS_AI_STREAM;
}

/** A whole answer of some hundred bytes. */
export function wholeReply(protocol: Protocol): string {
  if (protocol === "openai") return JSON.stringify(OPENAI_WHOLE);
  if (protocol === "gemini") return JSON.stringify(geminiReply(TEXT, true));
  return JSON.stringify({ response: TEXT, tool_calls: [], usage: WORKERS_AI_USAGE });
}
