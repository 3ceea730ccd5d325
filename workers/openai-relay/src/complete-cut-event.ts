import type { ApiError } from "@ai-proxy/shared/errors";
import { errorBody, errorEvent } from "@ai-proxy/shared/formats/error-body";
import { isDone, SSE_DONE, type UnfinishedEvent } from "@ai-proxy/shared/formats/sse";

const DONE = "[DONE]";

/**
 * What to send after a stream whose bytes went to the client natively and
 * stopped in the middle of an event, so that the client reads an error.
 * After `{"id":"x","choices":[{"del` that is `ta":null}],"choices":null,"error":{…}}`:
 * of a repeated key the last one counts, so nothing of the half chunk is left.
 */
export function cutEventEnding(unfinished: UnfinishedEvent, error: ApiError): string {
  const { line, data } = unfinished;
  const value = dataValue(line);
  if (data === null && value === null) return toDataValue(line) + errorEvent(error).slice("data: ".length);
  // A line of data that has not come is one more line end between the tokens.
  const half = [data, value ?? ""].filter((part) => part !== null).join("\n");
  const { error: body } = errorBody(error);
  const ending = completeObject(half, `"choices":null,"error":${JSON.stringify(body)}`);
  // A whole event without its blank line, or no JSON.
  if (ending === null) return toBlankLine(unfinished) + errorEvent(error);
  return `${value === null ? toDataValue(line) : ""}${ending}\n\n`;
}

/** What ends a stream whose answer was whole but whose `data: [DONE]` did not come, or not all of it. */
export function missingDone(unfinished: UnfinishedEvent): string {
  const { line, data } = unfinished;
  const value = dataValue(line)?.trim() ?? null;
  if (data === null && value === null) return `${toDataValue(line)}${DONE}\n\n`;
  if (data === null && value !== null && DONE.startsWith(value)) return `${DONE.slice(value.length)}\n\n`;
  return toBlankLine(unfinished) + (data !== null && isDone(data) ? "" : SSE_DONE);
}

/** What has come of the value of a line of data; null while the line is not known to be one. */
function dataValue(line: string): string | null {
  return line.startsWith("data:") ? line.slice(line[5] === " " ? 6 : 5) : null;
}

/** What leads from a line without a data value to the beginning of one: "da" → "ta: ", ": ping" → "\ndata: ". */
function toDataValue(line: string): string {
  return "data:".startsWith(line) ? "data: ".slice(line.length) : "\ndata: ";
}

/** The line ends that end an event of which something has come. */
function toBlankLine({ line, afterCr }: UnfinishedEvent): string {
  return line === "" && !afterCr ? "\n" : "\n\n";
}

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
      if (this.#stack.length === 0) return;
    }
  }

  /** Null when no object is open at the end. */
  ending(members: string): string | null {
    const [top, ...inner] = this.#stack;
    if (top?.kind !== "object") return null;
    let text = this.#tail;
    for (const { kind, expects } of inner.reverse()) text += REST[expects] + (kind === "array" ? "]" : "}");
    // A value that was open inside has been closed above.
    const first = inner.length === 0 && (top.expects === "key" || top.expects === "key or end");
    return `${text}${first ? "" : `${inner.length === 0 ? REST[top.expects] : ""},`}${members}}`;
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

/** "tr" → "ue", "1." → "0", "12" → "". */
function scalarRest(half: string): string {
  const word = ["true", "false", "null"].find((whole) => whole.startsWith(half));
  if (word !== undefined) return word.slice(half.length);
  return /\d$/.test(half) ? "" : "0";
}
