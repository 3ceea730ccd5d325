/** Brackets that are followed into each other: nobody's answer has so many, and each takes memory. */
const DEEPEST = 10_000;

/** What a scan of half a JSON text waits for. */
type Expected = "key or end" | "key" | "colon" | "value" | "comma";

/** A bracket that is still open, and what may come next inside it. */
interface Open {
  kind: "array" | "object";
  expects: Expected;
}

/**
 * The text that completes the beginning of a JSON object, with these members
 * added to it; null when it is no beginning of one, or a whole one.
 */
export function completeObject(half: string, members: string): string | null {
  if (half.trim() === "") return `{${members}}`;
  const scan = new HalfJson(half);
  return scan.ending(members);
}

/** `{"error":{"message":"No` → `"}}`: what completes the beginning of a JSON object or list. */
export function completeJson(half: string): string {
  return new HalfJson(half).end();
}

class HalfJson {
  readonly #stack: Open[] = [];
  /** Text that completes the string or scalar at the very end. */
  #tail = "";

  constructor(half: string) {
    for (let at = half.search(/\S/); at < half.length; at++) {
      const character = half[at] ?? "";
      if (character === "{") this.#open({ kind: "object", expects: "key or end" });
      else if (character === "[") this.#open({ kind: "array", expects: "comma" });
      else if (character === "}" || character === "]") this.#stack.pop();
      else if (character === ":") this.#expect("value");
      else if (character === ",") this.#expect(this.#stack.at(-1)?.kind === "array" ? "value" : "key");
      else if (character === '"') at = this.#string(half, at);
      else if (!" \t\r\n".includes(character)) at = this.#scalar(half, at);
      if (this.#stack.length > DEEPEST) this.#stack.length = 0;
      if (this.#stack.length === 0) return;
    }
  }

  /** Null when no object is open at the end. */
  ending(members: string): string | null {
    const [top, ...inner] = this.#stack;
    if (top?.kind !== "object") return null;
    let text = this.#tail;
    for (const open of inner.reverse()) text += closing(open);
    // A value that was open inside has been closed above.
    const first = inner.length === 0 && (top.expects === "key" || top.expects === "key or end");
    return `${text}${first ? "" : `${inner.length === 0 ? REST[top.expects] : ""},`}${members}}`;
  }

  /** "" when nothing is open at the end. */
  end(): string {
    if (this.#stack.length === 0) return "";
    let text = this.#tail;
    for (const open of this.#stack.toReversed()) text += closing(open);
    return text;
  }

  #open(open: Open): void {
    this.#valueBegins();
    this.#stack.push(open);
  }

  #expect(expects: Expected): void {
    const open = this.#stack.at(-1);
    if (open !== undefined) open.expects = expects;
  }

  /** A value (or key) has begun; what follows it is known already. */
  #valueBegins(): void {
    const open = this.#stack.at(-1);
    if (open !== undefined) open.expects = open.kind === "array" || open.expects === "value" ? "comma" : "colon";
  }

  /** @returns the position of the last character of the string */
  #string(half: string, start: number): number {
    this.#valueBegins();
    let at = start + 1;
    for (; at < half.length; at++) {
      if (half[at] === '"') return at;
      if (half[at] !== "\\") continue;
      const length = half[at + 1] === "u" ? 6 : 2;
      if (at + length > half.length) this.#tail = half[at + 1] === "u" ? "0".repeat(at + length - half.length) : "\\";
      at += length - 1;
    }
    this.#tail += '"';
    return half.length;
  }

  #scalar(half: string, start: number): number {
    this.#valueBegins();
    let end = start;
    while (end < half.length && !",]} \t\r\n".includes(half[end] ?? "")) end++;
    if (end === half.length) this.#tail = scalarRest(half.slice(start));
    return end - 1;
  }
}

/** What must be written before a bracket that waits for this can close. */
const REST: Readonly<Record<Expected, string>> = {
  "key or end": "",
  key: '"":null',
  colon: ":null",
  value: "null",
  comma: "",
};

function closing({ kind, expects }: Open): string {
  return REST[expects] + (kind === "array" ? "]" : "}");
}

/** "tr" → "ue", "1." → "0", "12" → "". */
function scalarRest(half: string): string {
  const word = ["true", "false", "null"].find((whole) => whole.startsWith(half));
  if (word !== undefined) return word.slice(half.length);
  return /\d$/.test(half) ? "" : "0";
}
