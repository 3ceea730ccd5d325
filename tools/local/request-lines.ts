import type { JsonObject } from "../../shared/json.ts";
import { loggedEntry, logLine } from "./log-line.ts";

/** How long the gateway's own line of a request may come after wrangler's. Milliseconds. */
const OWN_LINE_MS = 250;

/** Refused requests that are shown in one window, and its length in milliseconds: strangers cannot fill the terminal. */
const SHOWN_IN_WINDOW = 5;
const WINDOW_MS = 10_000;

/**
 * What a local mesh's terminal shows of `wrangler dev`'s lines. The gateway logs
 * nothing of a request that it refuses at the door (a wrong token, an unknown
 * path): for those wrangler's own line is shown, so that one sees what arrived.
 */
export class RequestLines {
  readonly #show: (text: string) => void;
  /** Failed requests of which the gateway's line has come and wrangler's has not, as `401 GET /v1/models`. */
  readonly #logged = new Map<string, number>();
  #shown = 0;
  #hidden = 0;

  constructor(show: (text: string) => void) {
    this.#show = show;
  }

  push(line: string): void {
    const refused = /^\[wrangler:info\] ([A-Z]+) (\/\S*) ([45]\d\d) (.*) \(\d/.exec(line);
    if (refused !== null) {
      const [, method = "", path = "", status = "", words = ""] = refused;
      setTimeout(() => this.#showRefused({ method, path, status, words }), OWN_LINE_MS).unref();
      return;
    }
    const entry = loggedEntry(line);
    if (entry !== undefined) this.#noteLogged(entry);
    const text = logLine(line);
    if (text !== null) this.#show(text);
  }

  #noteLogged({ event, caller, status, method, route }: JsonObject): void {
    // Other callers come by a binding, of which wrangler has no line.
    if (event !== "request" || caller !== "external" || Number(status) < 400) return;
    const key = `${status} ${method} ${route}`;
    this.#logged.set(key, (this.#logged.get(key) ?? 0) + 1);
  }

  #showRefused({ method, path, status, words }: Refused): void {
    const key = `${status} ${method} ${path}`;
    const logged = this.#logged.get(key) ?? 0;
    if (logged > 1) this.#logged.set(key, logged - 1);
    else this.#logged.delete(key);
    if (logged > 0) return;
    if (this.#shown === 0) setTimeout(() => this.#endWindow(), WINDOW_MS).unref();
    if (this.#shown++ < SHOWN_IN_WINDOW) this.#show(`${key.slice(0, 200)}  ${why(status, path) ?? words}`);
    else this.#hidden++;
  }

  #endWindow(): void {
    if (this.#hidden > 0) this.#show(`… and ${this.#hidden} more refused requests`);
    this.#shown = 0;
    this.#hidden = 0;
  }
}

interface Refused {
  method: string;
  path: string;
  status: string;
  /** HTTP's words for the status. */
  words: string;
}

function why(status: string, path: string): string | undefined {
  if (status === "401") return "refused: no token, or a wrong one";
  if (status === "404" && !path.startsWith("/v1/")) return "no such path: a base URL here ends in /v1";
  return status === "404" ? "no such path" : undefined;
}
