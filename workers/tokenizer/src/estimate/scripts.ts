/** Kinds of text on which tokenizers differ. */
export const scripts = [
  "latin",
  "accented",
  "vietnamese",
  "digits",
  "symbol",
  "greek",
  "cyrillic",
  "caucasian",
  "hebrew",
  "arabic",
  "devanagari",
  "bengali",
  "indic",
  "thai",
  "asian",
  "kana",
  "han",
  "hangul",
  "emoji",
  "cut",
] as const;
export type Script = (typeof scripts)[number];

/**
 * The script of a token, by its first character that tells. UTF-8 follows the
 * code charts, so two bytes say enough; a token may hold no more of a character.
 */
export function scriptOf(token: Uint8Array): Script {
  let script: Script = "symbol";
  for (const [at, byte] of token.entries()) {
    if (byte >= 0x80) return scriptOfBytes(byte, token[at + 1] ?? 0);
    if (script === "symbol" && byte >= 0x30 && byte <= 0x39) script = "digits";
    if (isAsciiLetter(byte)) script = "latin";
  }
  return script;
}

function isAsciiLetter(byte: number): boolean {
  const lower = byte | 0x20;
  return lower >= 0x61 && lower <= 0x7a;
}

function scriptOfBytes(lead: number, second: number): Script {
  if (lead < 0xc0) return "cut"; // the middle of a character, of whichever script
  if (lead < 0xcd) return "accented";
  if (lead < 0xd0) return "greek";
  if (lead < 0xd4) return "cyrillic";
  if (lead < 0xd6) return "caucasian"; // Armenian
  if (lead < 0xd8) return "hebrew";
  if (lead < 0xe0) return "arabic";
  if (lead === 0xe0) return scriptOfIndia(second);
  if (lead === 0xe1) return second === 0xba || second === 0xbb ? "vietnamese" : second < 0x84 ? "caucasian" : "asian";
  if (lead === 0xe2) return "symbol"; // typographic signs, arrows, boxes
  if (lead === 0xe3) return second < 0x84 ? "kana" : "han";
  if (lead < 0xea) return "han";
  return lead < 0xee ? "hangul" : "emoji";
}

/** U+0800 to U+0FFF. */
function scriptOfIndia(second: number): Script {
  if (second < 0xa4) return "arabic"; // Syriac and others of the family
  if (second < 0xa6) return "devanagari";
  if (second < 0xa8) return "bengali";
  return second < 0xb8 ? "indic" : "thai"; // Lao and Tibetan too
}
