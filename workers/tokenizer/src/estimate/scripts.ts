/** Kinds of text on which tokenizers differ. */
export const scripts = ["latin", "accented", "symbol", "cyrillic", "semitic", "indic", "cjk", "emoji"] as const;
export type Script = (typeof scripts)[number];

/**
 * The script of a token, by its first byte that tells: UTF-8's lead bytes follow
 * the code charts. Tokens of parts of characters go by what they begin with.
 */
export function scriptOf(token: Uint8Array): Script {
  let script: Script = "symbol";
  for (const byte of token) {
    if (byte >= 0x80) return scriptOfByte(byte);
    if (isAsciiLetter(byte)) script = "latin";
  }
  return script;
}

function isAsciiLetter(byte: number): boolean {
  const lower = byte | 0x20;
  return lower >= 0x61 && lower <= 0x7a;
}

function scriptOfByte(byte: number): Script {
  if (byte < 0xc0) return "emoji"; // the middle of a character: rare ones are cut so
  if (byte < 0xcd) return "accented";
  if (byte < 0xd6) return "cyrillic"; // Greek, Cyrillic, Armenian
  if (byte < 0xe0) return "semitic"; // Hebrew, Arabic and their neighbours
  if (byte < 0xe2) return "indic"; // the scripts of India, Thai, Georgian, Khmer …
  if (byte === 0xe2) return "symbol"; // typographic signs, arrows, boxes
  return byte < 0xee ? "cjk" : "emoji";
}
