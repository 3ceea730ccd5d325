import { tryParseJson } from "../json.ts";

/** Shorter ones are no secrets ("none", "EMPTY"), and their letters stand in many texts. */
const SHORTEST_SECRET = 8;

const MASK = "[redacted]";

/** Escapes that a character of a key may be written with: PHP's `\/`, Gson's `\u003d`. */
const HIDING = /\\(?:u00|\/)/i;

/** Takes a provider's keys out of texts. Providers echo the key that they refuse. One lives as long as its keys. */
export class Redactor {
  /** As they are, and as they stand in a URL. */
  readonly #plain: readonly string[];
  /** Those, and as they stand in a JSON text. */
  readonly #written: readonly string[];
  /** In a JSON text, however they are escaped; made when it is first needed. */
  #escaped: RegExp | undefined;

  constructor(secrets: readonly string[]) {
    const own = secrets.filter((secret) => secret.length >= SHORTEST_SECRET);
    this.#plain = unique([...own, ...own.map(inUrl)]);
    this.#written = unique([...this.#plain, ...this.#plain.map((secret) => JSON.stringify(secret).slice(1, -1))]);
  }

  /** Plain text without the keys. */
  text(text: string): string {
    let clean = text;
    for (const secret of this.#plain) if (clean.includes(secret)) clean = clean.replaceAll(secret, MASK);
    return clean;
  }

  /** A JSON text, or events of such, without the keys: it is searched as it is, and stays JSON where one is found. */
  json(text: string): string {
    if (this.#written.length === 0) return text;
    const shows =
      this.#written.some((secret) => text.includes(secret)) || (HIDING.test(text) && this.#hidden().test(text));
    return shows ? this.#inStrings(text) : text;
  }

  #hidden(): RegExp {
    this.#escaped ??= new RegExp(this.#plain.map((secret) => secret.split("").map(anyForm).join("")).join("|"));
    return this.#escaped;
  }

  /** Numbers and the letters of escapes stay, whatever they look like. */
  #inStrings(text: string): string {
    let clean = "";
    let at = 0;
    for (let start = text.indexOf('"'); start !== -1; start = text.indexOf('"', at)) {
      const end = stringEnd(text, start);
      const json = text.slice(start, end);
      const value = tryParseJson(json);
      const kept = typeof value === "string" ? this.text(value) : value;
      const piece = typeof kept === "string" && kept !== value ? JSON.stringify(kept) : json;
      // A string whose end has not come is no JSON.
      clean += text.slice(at, start) + (typeof kept === "string" ? piece : this.text(json));
      at = end;
    }
    return clean + text.slice(at);
  }
}

/** The position after the closing quote of the string at `start`; the text's end where there is none. */
function stringEnd(text: string, start: number): number {
  for (let quote = text.indexOf('"', start + 1); quote !== -1; quote = text.indexOf('"', quote + 1)) {
    let before = quote - 1;
    while (text[before] === "\\") before--;
    // An even number of backslashes before it: the quote is not escaped.
    if ((quote - before) % 2 === 1) return quote + 1;
  }
  return text.length;
}

/** Every way to write a character in a JSON string. "=" → `(?:=|\\u003[dD])` */
function anyForm(unit: string): string {
  const hex = unit.charCodeAt(0).toString(16).padStart(4, "0");
  const digits = hex.replace(/[a-f]/g, (digit) => `[${digit}${digit.toUpperCase()}]`);
  const own = unit.replace(/[\\^$.*+?()[\]{}|/"-]/, "\\$&");
  const escaped = /["\\/]/.test(unit) ? `|\\\\${own}` : "";
  return `(?:${own}|\\\\u${digits}${escaped})`;
}

function inUrl(secret: string): string {
  return encodeURIComponent(secret.toWellFormed());
}

function unique(texts: readonly string[]): string[] {
  return [...new Set(texts)];
}
