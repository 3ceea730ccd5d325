import type { TokenSink } from "./encode.ts";
import type { Encoding } from "./encodings.ts";

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
 * a window that holds of itself, so only the seam between the last token kept
 * of one window and the first of the next is to be checked; a seam that does not
 * hold is done again with a window four times as large.
 */
export function* mergeInWindows(
  bytes: Uint8Array,
  from: number,
  to: number,
  encoding: Encoding,
  sink: TokenSink,
  sizes: { window: number; overlap: number } = { window: WINDOW, overlap: OVERLAP },
): Generator<void, void> {
  const { merger } = encoding;
  /** The window's bytes begin here; the tokens before are final but for the seam. */
  let start = from;
  let window = sizes.window;
  /** Tokens kept of the window before, and where it began, until the seam behind them has been checked. */
  let kept = new Int32Array(0);
  let keptFrom = from;
  let seamFrom = from;
  while (start < to) {
    const end = Math.min(start + window, to);
    merger.merge(bytes, start, end);
    const firstEnd = start + (merger.ends[0] ?? 0);
    if (kept.length > 0 && !seamHolds(bytes, seamFrom, start, firstEnd, encoding)) {
      start = keptFrom;
      kept = new Int32Array(0);
      window *= 4;
      continue;
    }
    if (kept.length > 0) sink.add(kept, kept.length);
    if (end === to) {
      sink.add(merger.tokens, merger.count);
      return;
    }
    const count = tokensToKeep(merger.ends, merger.count, end - start - sizes.overlap);
    kept = merger.tokens.slice(0, count);
    keptFrom = start;
    seamFrom = start + (count > 1 ? (merger.ends[count - 2] ?? 0) : 0);
    start += merger.ends[count - 1] ?? 0;
    window = sizes.window;
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
  let keep = count - 1;
  while (keep > 1 && (ends[keep - 1] ?? 0) > limit) keep--;
  return Math.max(1, keep);
}
