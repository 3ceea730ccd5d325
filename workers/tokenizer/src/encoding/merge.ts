import type { Vocabulary } from "./vocabulary.ts";

/** Pieces up to this many bytes are merged by looking for the lowest rank each time; longer ones with a heap. */
const SHORT = 24;

/** Pairs of tokens that are remembered; a power of two. */
const PAIRS = 8192;

/**
 * Byte-pair merging of one piece: of all neighbours that make a token, the pair
 * of the lowest rank is joined, the leftmost of equals, until none makes one.
 * The result lies in `tokens` and `ends` until the next call.
 */
export class Merger {
  /** Ranks of the tokens of the last `merge`. */
  tokens = new Int32Array(64);
  /** Where each of them ends, counted from the piece's first byte. */
  ends = new Int32Array(64);
  /** How many there are. */
  count = 0;

  /** Ranks of pairs of tokens met lately: left, right, rank, left, … One look instead of hashing both tokens' bytes. */
  readonly #pairs = new Int32Array(3 * PAIRS).fill(-1);

  readonly #vocabulary: Vocabulary;
  /** By a part's first byte: its token, the rank that it makes with the part behind it (-1: none), its neighbours. */
  #token = new Int32Array(64);
  #pair = new Int32Array(65);
  #next = new Int32Array(65);
  #previous = new Int32Array(65);
  readonly #heap = new MinHeap();

  constructor(vocabulary: Vocabulary) {
    this.#vocabulary = vocabulary;
  }

  /** Merges bytes [from, to); time grows as n log n. */
  merge(bytes: Uint8Array, from: number, to: number): void {
    this.#reserve(to - from);
    if (to - from <= SHORT) this.#mergeShort(bytes, from, to - from);
    else this.#mergeLong(bytes, from, to - from);
  }

  /** Rank of the token that `left` and `right` make, or -1; their bytes are [from, to). */
  #pairRank(left: number, right: number, bytes: Uint8Array, from: number, to: number): number {
    const pairs = this.#pairs;
    const mixed = Math.imul(left, 0x9e3779b1) ^ Math.imul(right, 0x85ebca6b);
    const slot = 3 * ((mixed ^ (mixed >>> 15)) & (PAIRS - 1));
    if (pairs[slot] === left && pairs[slot + 1] === right) return pairs[slot + 2] ?? -1;
    const rank = this.#vocabulary.rank(bytes, from, to);
    pairs[slot] = left;
    pairs[slot + 1] = right;
    pairs[slot + 2] = rank;
    return rank;
  }

  #mergeShort(bytes: Uint8Array, from: number, length: number): void {
    const vocabulary = this.#vocabulary;
    const { tokens, ends } = this;
    const pair = this.#pair;
    let count = length;
    for (let at = 0; at < length; at++) tokens[at] = vocabulary.byteRanks[bytes[from + at] ?? 0] ?? 0;
    for (let at = 0; at < length; at++) {
      ends[at] = at + 1;
      pair[at] =
        at + 1 < length ? this.#pairRank(tokens[at] ?? 0, tokens[at + 1] ?? 0, bytes, from + at, from + at + 2) : -1;
    }
    for (;;) {
      let lowest = 0x7fffffff;
      let found = -1;
      for (let at = 0; at < count - 1; at++) {
        const rank = pair[at] ?? -1;
        if (rank >= 0 && rank < lowest) {
          lowest = rank;
          found = at;
        }
      }
      if (found === -1) break;
      tokens[found] = lowest;
      ends[found] = ends[found + 1] ?? 0;
      count--;
      for (let at = found + 1; at < count; at++) {
        tokens[at] = tokens[at + 1] ?? 0;
        ends[at] = ends[at + 1] ?? 0;
        pair[at] = pair[at + 1] ?? -1;
      }
      const start = found === 0 ? 0 : (ends[found - 1] ?? 0);
      pair[found] =
        found + 1 < count
          ? this.#pairRank(lowest, tokens[found + 1] ?? 0, bytes, from + start, from + (ends[found + 1] ?? 0))
          : -1;
      if (found === 0) continue;
      const before = found === 1 ? 0 : (ends[found - 2] ?? 0);
      pair[found - 1] = this.#pairRank(tokens[found - 1] ?? 0, lowest, bytes, from + before, from + (ends[found] ?? 0));
    }
    this.count = count;
  }

  #mergeLong(bytes: Uint8Array, from: number, length: number): void {
    const vocabulary = this.#vocabulary;
    const token = this.#token;
    const pair = this.#pair;
    const next = this.#next;
    const previous = this.#previous;
    const heap = this.#heap;
    heap.clear(length);
    for (let at = 0; at < length; at++) token[at] = vocabulary.byteRanks[bytes[from + at] ?? 0] ?? 0;
    for (let at = 0; at < length; at++) {
      next[at] = at + 1;
      previous[at] = at - 1;
      const rank =
        at + 1 < length ? this.#pairRank(token[at] ?? 0, token[at + 1] ?? 0, bytes, from + at, from + at + 2) : -1;
      pair[at] = rank;
      if (rank >= 0) heap.append(rank, at);
    }
    next[length] = length;
    heap.order();
    while (heap.pop()) {
      const at = heap.position;
      // A part that has grown, or gone, since its pair was entered.
      if (pair[at] !== heap.rank) continue;
      const gone = next[at] ?? 0;
      const behind = next[gone] ?? 0;
      token[at] = heap.rank;
      pair[gone] = -1;
      next[at] = behind;
      previous[behind] = at;
      const rank =
        behind < length
          ? this.#pairRank(heap.rank, token[behind] ?? 0, bytes, from + at, from + (next[behind] ?? 0))
          : -1;
      pair[at] = rank;
      if (rank >= 0) heap.push(rank, at);
      const before = previous[at] ?? -1;
      if (before < 0) continue;
      const rankBefore = this.#pairRank(token[before] ?? 0, heap.rank, bytes, from + before, from + behind);
      pair[before] = rankBefore;
      if (rankBefore >= 0) heap.push(rankBefore, before);
    }
    this.#collect(length);
  }

  #collect(length: number): void {
    let count = 0;
    for (let at = 0; at < length; count++) {
      this.tokens[count] = this.#token[at] ?? 0;
      at = this.#next[at] ?? length;
      this.ends[count] = at;
    }
    this.count = count;
  }

  #reserve(length: number): void {
    if (length <= this.tokens.length) return;
    const capacity = 2 ** Math.ceil(Math.log2(length));
    this.tokens = new Int32Array(capacity);
    this.ends = new Int32Array(capacity);
    this.#token = new Int32Array(capacity);
    this.#pair = new Int32Array(capacity + 1);
    this.#next = new Int32Array(capacity + 1);
    this.#previous = new Int32Array(capacity + 1);
  }
}

/** Positions below this leave room for the rank in a double's 53 bits. */
const POSITIONS = 2 ** 28;

/** Pairs by rank, then by position: both in one number, so that a comparison is one of numbers. */
class MinHeap {
  rank = 0;
  position = 0;
  #keys = new Float64Array(128);
  #size = 0;

  /** Empties it. Merging `length` bytes makes at most 3 × `length` entries. */
  clear(length: number): void {
    this.#size = 0;
    if (this.#keys.length < length * 3) this.#keys = new Float64Array(length * 3);
  }

  /** Adds an entry; `order` must follow before the first `pop`. */
  append(rank: number, position: number): void {
    this.#keys[this.#size++] = rank * POSITIONS + position;
  }

  order(): void {
    for (let at = (this.#size >>> 1) - 1; at >= 0; at--) this.#sink(at, this.#keys[at] ?? 0);
  }

  push(rank: number, position: number): void {
    const keys = this.#keys;
    const key = rank * POSITIONS + position;
    let at = this.#size++;
    while (at > 0) {
      const parent = (at - 1) >>> 1;
      const above = keys[parent] ?? 0;
      if (above <= key) break;
      keys[at] = above;
      at = parent;
    }
    keys[at] = key;
  }

  /** Takes the lowest entry into `rank` and `position`; false when there is none. */
  pop(): boolean {
    if (this.#size === 0) return false;
    const key = this.#keys[0] ?? 0;
    this.rank = Math.floor(key / POSITIONS);
    this.position = key - this.rank * POSITIONS;
    this.#size--;
    if (this.#size > 0) this.#sink(0, this.#keys[this.#size] ?? 0);
    return true;
  }

  #sink(from: number, key: number): void {
    const keys = this.#keys;
    const size = this.#size;
    let at = from;
    for (let child = 2 * at + 1; child < size; child = 2 * at + 1) {
      let below = keys[child] ?? 0;
      if (child + 1 < size && (keys[child + 1] ?? 0) < below) below = keys[++child] ?? 0;
      if (below >= key) break;
      keys[at] = below;
      at = child;
    }
    keys[at] = key;
  }
}
