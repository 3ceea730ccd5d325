import { LINE_END, LOWER, MARK, NUMBER, OTHER, SPACE, UNCASED, UPPER } from "./byte-classes.ts";

/**
 * The split patterns of the encodings, by hand. A backtracking engine takes
 * quadratic time on them (a long run of white space, say); these read each byte
 * a bounded number of times. Each branch below names the part of tiktoken's
 * pattern that it stands for; the parts are tried in the pattern's order.
 * Source: https://github.com/openai/tiktoken/blob/main/tiktoken_ext/openai_public.py
 */
export abstract class Splitter {
  bytes: Uint8Array = new Uint8Array(1);
  /** Class of each byte (byte-classes.ts); 0 behind the last. */
  classes: Uint8Array = new Uint8Array(1);
  /** The furthest byte that the last call of `next` looked at: what lies before it could not have come out otherwise. */
  reached = 0;

  /** End of the piece that begins at `from`; there must be a byte at `from`. */
  abstract next(from: number): number;

  /** End of the run of bytes whose class is in `mask`. */
  protected run(from: number, mask: number): number {
    const classes = this.classes;
    let at = from;
    while (((classes[at] ?? 0) & mask) !== 0) at++;
    return at;
  }

  /** End of the character that begins at `at`. */
  protected afterCharacter(at: number): number {
    const lead = this.bytes[at] ?? 0;
    return at + (lead < 0x80 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4);
  }

  /** `\p{N}{1,3}` */
  protected afterDigits(from: number): number {
    let at = from;
    for (let count = 0; count < 3 && this.classes[at] === NUMBER; count++) at = this.afterCharacter(at);
    this.reached = at;
    return at;
  }

  /** `\s+(?!\S)|\s+`: all of a run that ends the text, else all but its last character, else that one. */
  protected afterBlank(from: number, end: number): number {
    this.reached = end;
    if (this.classes[end] === 0) return end;
    let last = end - 1;
    while (((this.bytes[last] ?? 0) & 0xc0) === 0x80) last--;
    return last > from ? last : end;
  }

  /** `\s*[\r\n]+|\s+(?!\S)|\s+`: through the last line end of a run of white space, if it has one. */
  protected afterSpace(from: number): number {
    const end = this.run(from, SPACE | LINE_END);
    let at = end;
    while (at > from && this.classes[at - 1] !== LINE_END) at--;
    this.reached = end;
    return at > from ? at : this.afterBlank(from, end);
  }

  /** Length of `(?i:'s|'t|'re|'ve|'m|'ll|'d)` at `at`, 0 if it is not there. `(?i:s)` is also U+017F, the long s. */
  protected contraction(at: number): number {
    const bytes = this.bytes;
    if (bytes[at] !== 0x27) return 0;
    const first = bytes[at + 1] ?? 0;
    if (first === 0xc5) return bytes[at + 2] === 0xbf ? 3 : 0;
    switch (first | 0x20) {
      case 0x73: // s
      case 0x74: // t
      case 0x6d: // m
      case 0x64: // d
        return 2;
      case 0x72: // re
      case 0x76: // ve
        return ((bytes[at + 2] ?? 0) | 0x20) === 0x65 ? 3 : 0;
      case 0x6c: // ll
        return ((bytes[at + 2] ?? 0) | 0x20) === 0x6c ? 3 : 0;
      default:
        return 0;
    }
  }
}

const LETTER = UPPER | LOWER | UNCASED;
/** `[^\s\p{L}\p{N}]` */
const SYMBOL = MARK | OTHER;
/** Furthest that the look for a contraction behind a piece can go. */
const CONTRACTION = 3;

/** o200k_base and o200k_harmony. */
export class SplitterO200k extends Splitter {
  static readonly #head = UPPER | UNCASED | MARK;
  static readonly #tail = LOWER | UNCASED | MARK;

  next(from: number): number {
    const first = this.classes[from] ?? 0;
    if ((first & LETTER) !== 0) return this.#word(from, from);
    if (first === NUMBER) return this.afterDigits(from);
    if (first === LINE_END) return this.afterSpace(from);
    // `first` is a `[^\r\n\p{L}\p{N}]`: the word that it may begin is tried before all else.
    const second = this.afterCharacter(from);
    if (((this.classes[second] ?? 0) & (LETTER | MARK)) !== 0) return this.#word(from, second);
    if (first === MARK) return this.#word(from, from);
    if (first === SPACE && (this.bytes[from] !== 0x20 || this.classes[second] !== OTHER)) return this.afterSpace(from);
    return this.#symbols(second);
  }

  /**
   * Both word parts of the pattern, from `start`, behind a prefix that begins at `from`:
   * `[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+` and, where no such tail
   * can be had, `[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*`.
   */
  #word(from: number, start: number): number {
    const { classes } = this;
    const head = this.run(start, SplitterO200k.#head);
    let end = this.run(head, SplitterO200k.#tail);
    this.reached = end + CONTRACTION;
    if (end === head) {
      // No lower case follows: the tail is what the head gives back, its last uncased letter or mark.
      while (end > start && classes[end - 1] === UPPER) end--;
      // A mark before capitals is a word of its own before it is their prefix.
      if (end === start && classes[from] === MARK && start > from) end = start;
      else if (end === start) end = head;
    }
    return end + this.contraction(end);
  }

  /** ` ?[^\s\p{L}\p{N}]+[\r\n/]*` behind the first two characters. */
  #symbols(from: number): number {
    const { bytes, classes } = this;
    let at = this.run(from, SYMBOL);
    while (classes[at] === LINE_END || bytes[at] === 0x2f) at++;
    this.reached = at;
    return at;
  }
}

/** cl100k_base. */
export class SplitterCl100k extends Splitter {
  next(from: number): number {
    const first = this.classes[from] ?? 0;
    if ((first & LETTER) !== 0) return this.#letters(from);
    if (first === NUMBER) return this.afterDigits(from);
    if (first === LINE_END) return this.afterSpace(from);
    const contraction = this.contraction(from);
    this.reached = from + CONTRACTION;
    if (contraction > 0) return from + contraction;
    // `[^\r\n\p{L}\p{N}]?\p{L}+`
    const second = this.afterCharacter(from);
    const next = this.classes[second] ?? 0;
    if ((next & LETTER) !== 0) return this.#letters(second);
    if (first === SPACE && (this.bytes[from] !== 0x20 || (next & SYMBOL) === 0)) return this.afterSpace(from);
    // ` ?[^\s\p{L}\p{N}]+[\r\n]*`
    const end = this.run(this.run(second, SYMBOL), LINE_END);
    this.reached = Math.max(end, from + CONTRACTION);
    return end;
  }

  #letters(from: number): number {
    const end = this.run(from, LETTER);
    this.reached = end;
    return end;
  }
}

/** p50k_base and r50k_base (GPT-2's pattern): contractions in lower case only. */
export class SplitterP50k extends Splitter {
  next(from: number): number {
    const { bytes, classes } = this;
    const contraction = bytes[from] === 0x27 ? this.contraction(from) : 0;
    if (contraction > 0 && this.#isLower(from + 1, from + contraction)) {
      this.reached = from + CONTRACTION;
      return from + contraction;
    }
    const start = bytes[from] === 0x20 ? from + 1 : from;
    const kind = classes[start] ?? 0;
    if ((kind & LETTER) !== 0) return this.#run(start, LETTER);
    if (kind === NUMBER) return this.#run(start, NUMBER);
    if ((kind & SYMBOL) !== 0) return this.#run(start, SYMBOL);
    return this.afterBlank(from, this.run(from, SPACE | LINE_END));
  }

  #run(from: number, mask: number): number {
    const end = this.run(from, mask);
    this.reached = end + CONTRACTION;
    return end;
  }

  #isLower(from: number, to: number): boolean {
    for (let at = from; at < to; at++) if ((this.bytes[at] ?? 0) < 0x61 || (this.bytes[at] ?? 0) > 0x7a) return false;
    return true;
  }
}
