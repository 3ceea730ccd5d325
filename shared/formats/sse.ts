import { type ApiError, invalidResponse } from "../errors.ts";
import { checkNodes } from "./json-nodes.ts";

/** Characters of one event at most; an image comes in one. */
export const MOST_EVENT_CHARACTERS = 32 * 1024 * 1024;

/** Bytes of a provider's stream → the data of its events, at any split. */
export interface EventParser {
  push(bytes: Uint8Array): string[];
  /** What the end of the stream completes. */
  end(): string[];
}

/**
 * Server-sent events, as far as model APIs use them: `data` fields and the
 * blank line that ends an event. One whose data is empty is none. Pure: bytes in, event data out, at any split,
 * in time linear to the bytes however an event is cut.
 * Source: https://html.spec.whatwg.org/multipage/server-sent-events.html
 */
export class SseParser implements EventParser {
  readonly #most: number;
  readonly #decoder = new TextDecoder();
  /** The beginning of a line whose end has not come. */
  #line = "";
  /** The last character was a CR: a LF that follows belongs to it. */
  #afterCr = false;
  /** The data of an event whose blank line has not come. */
  #data: string | null = null;

  /** @param most characters of one event; a longer one throws, and nothing is kept of it */
  constructor(most = MOST_EVENT_CHARACTERS) {
    this.#most = most;
  }

  /** The `data` of each event that these bytes complete, in order; comments and other fields are dropped. */
  push(bytes: Uint8Array): string[] {
    const events: string[] = [];
    this.#read(this.#decoder.decode(bytes, { stream: true }), events);
    return events;
  }

  /** The last event of a stream that ended without its blank line. */
  end(): string[] {
    const events: string[] = [];
    this.#read(this.#decoder.decode(), events);
    this.#endLine("", events);
    this.#endEvent(events);
    return events;
  }

  /** What has come of an event whose end has not; no line and no data at the border of two events. */
  get unfinished(): UnfinishedEvent {
    return { line: this.#line, data: this.#data, afterCr: this.#afterCr };
  }

  #read(text: string, events: string[]): void {
    if (text === "") return;
    let start = this.#afterCr && text[0] === "\n" ? 1 : 0;
    this.#afterCr = false;
    const hasCr = text.includes("\r");
    for (;;) {
      const end = hasCr ? nextLineEnd(text, start) : text.indexOf("\n", start);
      if (end === -1) break;
      this.#endLine(text.slice(start, end), events);
      start = end + 1;
      if (text[end] !== "\r") continue;
      if (start === text.length) this.#afterCr = true;
      else if (text[start] === "\n") start++;
    }
    this.#line += text.slice(start);
    this.#checkSize(this.#line.length);
  }

  #checkSize(lineLength: number): void {
    if (lineLength + (this.#data?.length ?? 0) <= this.#most) return;
    this.#line = "";
    this.#data = null;
    throw eventTooLarge(this.#most);
  }

  #endEvent(events: string[]): void {
    const data = this.#data;
    this.#data = null;
    if (data === null || data === "") return;
    checkNodes(data);
    events.push(data);
  }

  #endLine(tail: string, events: string[]): void {
    const line = this.#line + tail;
    this.#checkSize(line.length);
    this.#line = "";
    if (line === "") {
      this.#endEvent(events);
    } else if (line.startsWith("data:")) {
      const value = line.slice(line[5] === " " ? 6 : 5);
      this.#data = this.#data === null ? value : `${this.#data}\n${value}`;
    }
  }
}

export function eventTooLarge(most: number): ApiError {
  return invalidResponse(
    `An event of the provider's stream is larger than the ${most} bytes that MAX_EVENT_BYTES allows.`,
  );
}

export interface UnfinishedEvent {
  /** Beginning of a line, or "". */
  line: string;
  /** The data of its whole lines, or null when none has come. */
  data: string | null;
  /** The last line ended with a CR: a LF sent next belongs to it and ends no line of its own. */
  afterCr: boolean;
}

/** One event: `data: {…}` and its blank line. */
export function sseEvent(data: unknown): string {
  return `data: ${JSON.stringify(data)}\n\n`;
}

/** One event of a text that may have several lines: each is a `data` field of its own. */
export function sseTextEvent(data: string): string {
  return `data: ${data.replaceAll("\n", "\ndata: ")}\n\n`;
}

/** The event that ends every OpenAI stream. */
export const SSE_DONE = "data: [DONE]\n\n";

/** Whether an event's data is that end; some servers pad it. */
export function isDone(data: string): boolean {
  return data.trim() === "[DONE]";
}

function nextLineEnd(text: string, from: number): number {
  for (let at = from; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === 10 || code === 13) return at;
  }
  return -1;
}
