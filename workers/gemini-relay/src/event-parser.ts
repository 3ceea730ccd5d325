import { checkNodes } from "@ai-proxy/shared/formats/json-nodes";
import { type EventParser, eventTooLarge, MOST_EVENT_CHARACTERS, SseParser } from "@ai-proxy/shared/formats/sse";

/**
 * The events of a Gemini stream in either framing: SSE as asked for with
 * alt=sse, or the JSON list (`[{…},\n{…}]`) that Gemini's API sends otherwise
 * and that proxies before it fall back to. Which it is shows in the first
 * character that is no space. Linear in the bytes at any split.
 */
export class GeminiEventParser implements EventParser {
  readonly #most: number | undefined;
  #chosen: EventParser | null = null;

  /** @param most characters of one event; a longer one throws */
  constructor(most?: number) {
    this.#most = most;
  }

  push(bytes: Uint8Array): string[] {
    this.#chosen ??= chooseParser(bytes, this.#most);
    return this.#chosen?.push(bytes) ?? [];
  }

  end(): string[] {
    return this.#chosen?.end() ?? [];
  }
}

/** Null for bytes that are spaces only. */
function chooseParser(bytes: Uint8Array, most?: number): EventParser | null {
  for (const byte of bytes) {
    if (byte === 0x20 || byte === 0x09 || byte === 0x0a || byte === 0x0d) continue;
    return byte === 0x5b || byte === 0x7b ? new JsonListParser(most) : new SseParser(most);
  }
  return null;
}

/** The texts of the objects in a JSON list, each as soon as it is whole. */
class JsonListParser implements EventParser {
  readonly #most: number;
  readonly #decoder = new TextDecoder();
  /** Of the object that is open. */
  #text = "";
  #depth = 0;
  #inString = false;
  #escaped = false;

  constructor(most = MOST_EVENT_CHARACTERS) {
    this.#most = most;
  }

  push(bytes: Uint8Array): string[] {
    return this.#read(this.#decoder.decode(bytes, { stream: true }));
  }

  /** What is left is half an object: its event cannot be read, so the stream counts as cut. */
  end(): string[] {
    const events = this.#read(this.#decoder.decode());
    return this.#depth > 0 ? [...events, this.#text] : events;
  }

  #read(text: string): string[] {
    const objects: string[] = [];
    let start = 0;
    for (let at = 0; at < text.length; at++) {
      const character = text[at];
      if (this.#inString) {
        if (this.#escaped) this.#escaped = false;
        else if (character === "\\") this.#escaped = true;
        else if (character === '"') this.#inString = false;
      } else if (character === '"') this.#inString = true;
      else if (character === "{") {
        if (this.#depth++ === 0) start = at;
      } else if (character === "}" && this.#depth > 0 && --this.#depth === 0) {
        const object = this.#text + text.slice(start, at + 1);
        this.#text = "";
        checkNodes(object);
        objects.push(object);
      }
    }
    if (this.#depth > 0) this.#text += text.slice(start);
    if (this.#text.length > this.#most) throw eventTooLarge(this.#most);
    return objects;
  }
}
