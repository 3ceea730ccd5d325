import { classifyBytes } from "./byte-classes.ts";
import type { Encoding } from "./encodings.ts";
import { mergeInWindows } from "./merge-windows.ts";
import type { TokenSink } from "./sinks.ts";

/** UTF-16 units that are taken from the text at a time. */
const WINDOW = 32 * 1024;
/** A UTF-16 unit is at most three bytes of UTF-8. */
const BYTES_PER_UNIT = 3;
/** Zeros behind the last byte, so that looking a little ahead finds nothing. */
const SLACK = 8;

/**
 * Encodes text as ordinary text: what looks like a special token is none. Lone
 * surrogates become U+FFFD, as in tiktoken. Takes time linear to the text and a
 * window's memory, beyond that only what the longest unbroken piece needs.
 *
 * A generator, so that long work can be cut: it yields after each window of some
 * 32,000 characters, and its state is its own.
 */
export function* encodeText(text: string, encoding: Encoding, sink: TokenSink): Generator<void, void> {
  const { vocabulary, merger } = encoding;
  const splitter = encoding.newSplitter();
  const buffer = new ByteWindow(Math.min(text.length, WINDOW) * BYTES_PER_UNIT);
  let taken = 0;
  /** Bytes that must be there before another look at a piece that went on to their end: twice as many each time. */
  let wanted = 0;
  while (taken < text.length) {
    const upTo = windowEnd(text, taken);
    buffer.append(text.slice(taken, upTo));
    taken = upTo;
    const last = taken === text.length;
    if (!last && buffer.end < wanted) continue;
    splitter.bytes = buffer.bytes;
    splitter.classes = buffer.classes;
    let at = 0;
    while (at < buffer.end) {
      const next = splitter.next(at);
      // The piece may go on in the text to come.
      if (!last && splitter.reached >= buffer.end) break;
      const rank = vocabulary.rank(buffer.bytes, at, next);
      if (rank >= 0) sink.addOne(rank);
      else if (next - at <= MERGED_AT_ONCE) {
        merger.merge(buffer.bytes, at, next);
        sink.add(merger.tokens, merger.count);
      } else yield* mergeInWindows(buffer.bytes, at, next, encoding, sink);
      at = next;
    }
    buffer.drop(at);
    wanted = 2 * buffer.end;
    if (!last) yield;
  }
}

/** Bytes of a piece that are merged without a pause. */
const MERGED_AT_ONCE = 16 * 1024;

/** Not between the halves of a surrogate pair. */
function windowEnd(text: string, from: number): number {
  const end = Math.min(from + WINDOW, text.length);
  const isHigh = (text.charCodeAt(end - 1) & 0xfc00) === 0xd800;
  return isHigh && end < text.length ? end + 1 : end;
}

/** UTF-8 of a part of the text, with the class of each byte. */
class ByteWindow {
  bytes: Uint8Array;
  classes: Uint8Array;
  end = 0;

  constructor(capacity: number) {
    this.bytes = new Uint8Array(capacity + SLACK);
    this.classes = new Uint8Array(capacity + SLACK);
  }

  append(text: string): void {
    this.#reserve(this.end + text.length * BYTES_PER_UNIT + SLACK);
    const { written } = encoder.encodeInto(text, this.bytes.subarray(this.end));
    classifyBytes(this.bytes, this.classes, this.end, this.end + written);
    this.end += written;
    this.#terminate();
  }

  /** Drops the bytes before `at`. */
  drop(at: number): void {
    this.bytes.copyWithin(0, at, this.end);
    this.classes.copyWithin(0, at, this.end);
    this.end -= at;
    this.#terminate();
  }

  /** Grows by half at least, so that growing is linear in all; one after the other, so that less is held at once. */
  #reserve(needed: number): void {
    if (needed <= this.bytes.length) return;
    const capacity = Math.max(needed, Math.ceil(1.5 * this.bytes.length));
    this.bytes = grown(this.bytes, capacity, this.end);
    this.classes = grown(this.classes, capacity, this.end);
  }

  #terminate(): void {
    this.bytes.fill(0, this.end, this.end + SLACK);
    this.classes.fill(0, this.end, this.end + SLACK);
  }
}

function grown(array: Uint8Array, capacity: number, used: number): Uint8Array {
  const larger = new Uint8Array(capacity);
  larger.set(array.subarray(0, used));
  return larger;
}

const encoder = new TextEncoder();
