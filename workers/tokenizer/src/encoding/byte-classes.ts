import { UNICODE_RUNS } from "./unicode-table.ts";

/**
 * Character classes as the split patterns use them. Each is one bit, so that a pattern's character set is a mask. Behind
 * the last byte stands 0, which is in no set and ends every run without a bounds check.
 */

/** \p{Lu}, \p{Lt} */
export const UPPER = 1;
/** \p{Ll} */
export const LOWER = 2;
/** \p{Lm}, \p{Lo} */
export const UNCASED = 4;
/** \p{M} */
export const MARK = 8;
/** \p{N} */
export const NUMBER = 16;
/** \s without line ends */
export const SPACE = 32;
/** \r, \n */
export const LINE_END = 64;
/** Everything else: punctuation, symbols, control and unassigned characters. */
export const OTHER = 128;

const classOfLetter: Record<string, number> = {
  U: UPPER,
  L: LOWER,
  X: UNCASED,
  M: MARK,
  N: NUMBER,
  S: SPACE,
  R: LINE_END,
  O: OTHER,
};

/** Class by code point; made on first use (1.1 MB, under a millisecond). */
let classOfCodePoint: Uint8Array | undefined;

function classTable(): Uint8Array {
  if (classOfCodePoint !== undefined) return classOfCodePoint;
  const table = new Uint8Array(0x110000);
  let at = 0;
  for (const [, letter = "", length] of UNICODE_RUNS.matchAll(/([A-Z])([0-9a-z]*)/g)) {
    const end = at + (length ? Number.parseInt(length, 36) : 1);
    table.fill(classOfLetter[letter] ?? OTHER, at, end);
    at = end;
  }
  classOfCodePoint = table;
  return table;
}

/**
 * Writes the class of each character to all of its bytes. A run of characters is then a run of bytes, and splitting decodes
 * nothing.
 *
 * @param bytes valid UTF-8 in [from, to); no character cut at `to`
 * @param classes as long as `bytes` at least
 */
export function classifyBytes(bytes: Uint8Array, classes: Uint8Array, from: number, to: number): void {
  const table = classTable();
  let at = from;
  while (at < to) {
    const lead = bytes[at] ?? 0;
    if (lead < 0x80) {
      classes[at++] = table[lead] ?? OTHER;
    } else if (lead < 0xe0) {
      const found = table[((lead & 0x1f) << 6) | ((bytes[at + 1] ?? 0) & 0x3f)] ?? OTHER;
      classes[at] = found;
      classes[at + 1] = found;
      at += 2;
    } else if (lead < 0xf0) {
      const code = ((lead & 0x0f) << 12) | (((bytes[at + 1] ?? 0) & 0x3f) << 6) | ((bytes[at + 2] ?? 0) & 0x3f);
      const found = table[code] ?? OTHER;
      classes[at] = found;
      classes[at + 1] = found;
      classes[at + 2] = found;
      at += 3;
    } else {
      const high = ((lead & 0x07) << 18) | (((bytes[at + 1] ?? 0) & 0x3f) << 12);
      const code = high | (((bytes[at + 2] ?? 0) & 0x3f) << 6) | ((bytes[at + 3] ?? 0) & 0x3f);
      classes.fill(table[code] ?? OTHER, at, at + 4);
      at += 4;
    }
  }
}
