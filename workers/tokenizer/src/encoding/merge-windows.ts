import type { Encoding } from "./encodings.ts";
import type { TokenSink } from "./sinks.ts";

/** Bytes merged at a time. */
const WINDOW = 16 * 1024;
/** Bytes at a window's end whose tokens the text behind them could still change; they are merged again in the next. */
const OVERLAP = 1024;

/**
 * Merges a piece too long to be merged in one go, exactly as if it had been:
 * memory and each step stay small, time is linear.
 *
 * Tokens are the merge of their bytes if and only if each two neighbours are the
 * merge of theirs (https://github.com/github/rust-gems/blob/main/crates/bpe). Inside
 * a window that holds of itself, so only the seams are checked: between the last
 * token kept of one window and the first of the next. Should one not hold, what
 * was added is taken back and the piece begun again with larger windows.
 */
export function* mergeInWindows(
  bytes: Uint8Array,
  from: number,
  to: number,
  encoding: Encoding,
  sink: TokenSink,
  sizes: { window: number; overlap: number } = { window: WINDOW, overlap: OVERLAP },
): Generator<void, void> {
  const mark = sink.mark();
  for (let window = sizes.window; ; window *= 4) {
    if (yield* mergedWith(window, sizes.overlap, bytes, from, to, encoding, sink)) return;
    sink.rewind(mark);
  }
}

/** False when a seam did not hold. A window of the whole piece has none. */
function* mergedWith(
  window: number,
  overlap: number,
  bytes: Uint8Array,
  from: number,
  to: number,
  encoding: Encoding,
  sink: TokenSink,
): Generator<void, boolean> {
  const { merger } = encoding;
  /** Where the last token kept begins. */
  let last = from;
  for (let start = from; ; ) {
    const end = Math.min(start + window, to);
    merger.merge(bytes, start, end);
    const { tokens, ends, count } = merger;
    if (start > from && !seamHolds(bytes, last, start, start + (ends[0] ?? 0), encoding)) return false;
    const kept = end === to ? count : tokensToKeep(ends, count, end - start - overlap);
    sink.add(tokens, kept);
    if (end === to) return true;
    last = kept > 1 ? start + (ends[kept - 2] ?? 0) : start;
    start += ends[kept - 1] ?? 0;
    yield;
  }
}

/** Whether the tokens [from, seam) and [seam, to) are what their bytes together merge to. */
function seamHolds(bytes: Uint8Array, from: number, seam: number, to: number, encoding: Encoding): boolean {
  const { pairMerger } = encoding;
  pairMerger.merge(bytes, from, to);
  return pairMerger.count === 2 && pairMerger.ends[0] === seam - from;
}

/** How many tokens end at or before `limit`; one at least, so that there is progress. */
function tokensToKeep(ends: Int32Array, count: number, limit: number): number {
  let keep = count;
  while (keep > 1 && (ends[keep - 1] ?? 0) > limit) keep--;
  return keep;
}
