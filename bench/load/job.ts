import type { Percentiles } from "../samples.ts";

/** A run that the load generator makes. */
export interface Job {
  port: number;
  path: string;
  headers: Record<string, string>;
  body: string;
  /** Each sends its next request when it has its answer. */
  connections: number;
  /** New requests begin until then, milliseconds; those that run are waited for. */
  durationMs: number;
  /** Requests that one connection sends at most. */
  requestsEach: number;
  expect: Expectation;
}

/** What every answer must be, or the run has failed. */
export interface Expectation {
  status: number;
  /** Chunks of content; 0 for a whole answer. */
  chunks: number;
  /** Milliseconds that the upstream lets pass between two chunks; 0 for a stream in one go. */
  paceMs: number;
  /** Text that a whole answer holds. */
  holds: string;
}

/** Times in milliseconds. */
export interface JobResult {
  requests: number;
  /** Chunks of content that arrived. */
  chunks: number;
  elapsedMs: number;
  /** From a request's sending to its answer's end. */
  total: Percentiles;
  /** From a request's sending to the first byte of its answer's body. */
  firstByte: Percentiles;
  /** From the upstream's sending of a chunk to its arrival; null unless the stream was paced. */
  delay: Percentiles | null;
  /** Chunks that arrived in each `ARRIVAL_BIN_US` of the monotonic clock, by the number of the bin; null unless paced. */
  arrivals: Record<number, number> | null;
}

/** Microseconds. */
export const ARRIVAL_BIN_US = 10_000;

/** The connections are opened by the first message and used by the second, so that opening is in no measure. */
export type LoadMessage = { prepare: Job } | { go: true };

/**
 * Paced streams begin one after the other, over this part of a stream's length. All of them run at once for a while, but
 * they do not beat in time and their requests do not come in one moment.
 */
export const BEGINNING_SHARE = 0.25;
