import { Tiktoken } from "tiktoken";

/** The letters of src/encoding/unicode-table.ts and the classes of tiktoken's patterns that they stand for. */
const patterns: [letter: string, pattern: string][] = [
  ["U", "[\\p{Lu}\\p{Lt}]"],
  ["L", "\\p{Ll}"],
  ["X", "[\\p{Lm}\\p{Lo}]"],
  ["M", "\\p{M}"],
  ["N", "\\p{N}"],
  ["S", "[^\\S\\r\\n]"],
  ["R", "[\\r\\n]"],
];

const singleBytes = `! 0 ${Array.from({ length: 256 }, (_, byte) => Buffer.from([byte]).toString("base64")).join(" ")}`;

/** The class letter of each code point, by tiktoken's regex engine. Surrogates, which UTF-8 has not, are "O". */
export function codePointClasses(): string[] {
  const classes = new Array<string>(0x110000).fill("O");
  for (const [letter, pattern] of patterns) {
    const keeper = new Tiktoken(singleBytes, {}, pattern);
    for (let from = 0; from < classes.length; from += 0x4000) {
      for (const kept of new TextDecoder().decode(Uint8Array.from(keeper.encode(allFrom(from), [], [])))) {
        classes[kept.codePointAt(0) ?? 0] = letter;
      }
    }
    keeper.free();
  }
  return classes;
}

function allFrom(start: number): string {
  let text = "";
  for (let code = start; code < start + 0x4000; code++) {
    if (code < 0xd800 || code > 0xdfff) text += String.fromCodePoint(code);
  }
  return text;
}
