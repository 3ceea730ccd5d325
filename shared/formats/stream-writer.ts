import type { ApiError } from "../errors.ts";
import type { ChatEvent } from "./chat-events.ts";
import type { Usage } from "./usage.ts";

/** Chat events → the text of one client format's stream. Pure; one instance a stream. */
export interface StreamWriter {
  /** The text that an event becomes, "" for none. */
  write(event: ChatEvent): string;
  /** The events that follow are of the next prompt's answer; only where a format has several. */
  nextAnswer?(): void;
  /**
   * The closing text of an answer that is complete.
   * @param usage tokens of all of it; null when nobody has counted them
   */
  end(usage: Usage | null): string;
  /** How the format says that a stream which has begun ends with an error. */
  fail(error: ApiError): string;
}

/** What all chunks and answers of one request carry. */
export interface AnswerEnvelope {
  /** `chatcmpl-…` */
  id: string;
  /** Seconds since the epoch. */
  created: number;
  /** The model that the client asked for. */
  model: string;
}
