import { type ApiError, invalidResponse, notConfigured } from "../errors.ts";
import { MOST_EVENT_CHARACTERS } from "../formats/sse.ts";

// What a provider may send: what is more is read no further, and its connection is dropped. The relays' READMEs have the table.

/** The ceilings that a relay's settings raise or lower; both in bytes. */
export interface Ceilings {
  /** What an attempt reads whole, or keeps of a stream. */
  answerBytes: number;
  /** One event of a stream, and what is held back of a stream before its first content. */
  eventBytes: number;
}

export interface CeilingSettings {
  MAX_ANSWER_BYTES?: string | undefined;
  MAX_EVENT_BYTES?: string | undefined;
}

/**
 * 2,048 embeddings of 3,072 dimensions in base64 are 34 MB, an image of 4K in an event is 27. Twice the answer
 * (bytes read, text parsed) is what a Worker's 128 MB hold.
 */
export const DEFAULT_CEILINGS: Ceilings = { answerBytes: 64 * 1024 * 1024, eventBytes: MOST_EVENT_CHARACTERS };

/** Of the body of an answer that is no success: what is longer is cut. */
export const ERROR_BODY_BYTES = 65_536;

/** Of a provider's headers that go on, in number and in bytes: Node's client takes 16 kB with all others. */
export const MOST_HEADERS = 64;
export const HEADER_BYTES = 8_192;

/** OpenAI's own limit of `n`. */
export const MOST_CHOICES = 128;

/** Of one choice. OpenAI takes 128 tools. */
export const MOST_TOOL_CALLS = 1_024;

/** The settings' ceilings; "" and an absent one mean the default. Throws a `not_configured` that names the setting. */
export function readCeilings({ MAX_ANSWER_BYTES, MAX_EVENT_BYTES }: CeilingSettings): Ceilings {
  return {
    answerBytes: readBytes("MAX_ANSWER_BYTES", MAX_ANSWER_BYTES) ?? DEFAULT_CEILINGS.answerBytes,
    eventBytes: readBytes("MAX_EVENT_BYTES", MAX_EVENT_BYTES) ?? DEFAULT_CEILINGS.eventBytes,
  };
}

function readBytes(name: string, value: string | undefined): number | undefined {
  if (value === undefined || value === "") return undefined;
  if (/^[1-9]\d{0,11}$/.test(value)) return Number(value);
  throw notConfigured(`${name} must be a number of bytes, such as 67108864.`);
}

export function answerTooLarge(provider: string, most: number): ApiError {
  return invalidResponse(`${provider}'s answer is larger than the ${most} bytes that MAX_ANSWER_BYTES allows.`);
}

export function heldTooMuch(provider: string, most: number): ApiError {
  return invalidResponse(`${provider} sent more than the ${most} bytes that MAX_EVENT_BYTES allows, and no content.`);
}

export function tooManyChoices(provider: string): ApiError {
  return invalidResponse(`${provider}'s answer has more than ${MOST_CHOICES} choices.`);
}

export function tooManyToolCalls(provider: string): ApiError {
  return invalidResponse(`${provider}'s answer has more than ${MOST_TOOL_CALLS} tool calls.`);
}
