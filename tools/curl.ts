import { spawn } from "node:child_process";
import { endsWithUs } from "./child.ts";

export interface CurlRequest {
  url: string;
  method?: string;
  headers?: Record<string, string>;
  body?: string;
  /** In place of `body`: the file that holds it. */
  bodyFile?: string;
  /** Seconds for all of it; 60 when absent. */
  maxTime?: number;
  /** Each piece of the body of a 2xx answer, as it arrives. */
  onBody?: (text: string) => void;
}

export interface CurlAnswer {
  status: number;
  /** Lower-case names. */
  headers: Headers;
  body: string;
  /** In how many reads the body came. */
  pieces: number;
}

/**
 * One request by curl. URL, headers and body go by standard input: every user of the machine can read arguments, and the
 * token is among them. Throws when curl cannot be started or gets no answer.
 */
export async function curl(request: CurlRequest): Promise<CurlAnswer> {
  const child = spawn("curl", ["--config", "-"], { stdio: ["pipe", "pipe", "pipe"] });
  endsWithUs(child, () => child.kill());
  const reader = new AnswerReader(request.onBody);
  let errors = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => reader.push(text));
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    errors += text;
  });
  // curl may answer and leave before it has read a large body.
  child.stdin.on("error", () => {});
  child.stdin.end(configOf(request));
  const status = await new Promise<number | null>((resolve, reject) => {
    child.on("close", resolve).on("error", (error: NodeJS.ErrnoException) => {
      reject(error.code === "ENOENT" ? new Error("curl is needed and was not found: please install it.") : error);
    });
  });
  if (status !== 0) throw new Error(errors.trim() || `curl ended with status ${status}`);
  return reader.answer;
}

/** The same request as a line to paste into a shell, the token as a variable. */
export function curlLine({ url, method, headers = {}, body, bodyFile }: CurlRequest): string {
  const posts = body !== undefined || bodyFile !== undefined;
  return [
    "curl",
    ...(method === undefined || method === (posts ? "POST" : "GET") ? [] : ["-X", method]),
    shellQuoted(url),
    ...Object.entries(headers).map(([name, value]) =>
      isToken(name) ? `-H "X-AUTH-TOKEN: $AUTH_TOKEN"` : `-H ${shellQuoted(`${name}: ${value}`)}`,
    ),
    ...(body === undefined ? [] : ["-d", shellQuoted(body)]),
    ...(bodyFile === undefined ? [] : ["--data-binary", shellQuoted(`@${bodyFile}`)]),
  ].join(" ");
}

function configOf({ url, method, headers = {}, body, bodyFile, maxTime = 60 }: CurlRequest): string {
  const options: [name: string, value?: string][] = [
    ["url", url],
    ["silent"],
    ["show-error"],
    ["no-buffer"],
    ["include"],
    ["suppress-connect-headers"],
    ["max-time", String(maxTime)],
    // Not the 100 (Continue) that curl waits for before a large body.
    ["header", "Expect:"],
    ...Object.entries(headers).map(([name, value]): [string, string] => ["header", `${name}: ${value}`]),
  ];
  if (method === "HEAD") options.push(["head"]);
  else if (method !== undefined) options.push(["request", method]);
  if (body !== undefined) options.push(["data-raw", body]);
  if (bodyFile !== undefined) options.push(["data-binary", `@${bodyFile}`]);
  return options.map(([name, value]) => (value === undefined ? name : `${name} = ${configQuoted(value)}`)).join("\n");
}

/** As curl's manual has it, under "-K, --config". */
function configQuoted(text: string): string {
  const escaped = text
    .replaceAll("\\", "\\\\")
    .replaceAll('"', '\\"')
    .replaceAll("\n", "\\n")
    .replaceAll("\r", "\\r")
    .replaceAll("\t", "\\t");
  return `"${escaped}"`;
}

function isToken(name: string): boolean {
  return name.toLowerCase() === "x-auth-token" || name.toLowerCase() === "authorization";
}

/** As one word of a shell line. */
export function shellQuoted(text: string): string {
  return /^[\w./:=-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}

/** Takes apart what `curl --include` prints: head, empty line, body. */
class AnswerReader {
  readonly #onBody: (text: string) => void;
  #head = "";
  #answer: CurlAnswer | undefined;

  constructor(onBody: (text: string) => void = () => {}) {
    this.#onBody = onBody;
  }

  get answer(): CurlAnswer {
    if (this.#answer === undefined) throw new Error("The server closed the connection without an answer.");
    return this.#answer;
  }

  push(text: string): void {
    if (this.#answer !== undefined) {
      this.#pushBody(this.#answer, text);
      return;
    }
    this.#head += text;
    const end = this.#head.indexOf("\r\n\r\n");
    if (end === -1) return;
    const [first = "", ...lines] = this.#head.slice(0, end).split("\r\n");
    const headers = new Headers(lines.map((line): [string, string] => splitAt(line, line.indexOf(":"))));
    this.#answer = { status: Number(first.split(" ")[1]), headers, body: "", pieces: 0 };
    this.#pushBody(this.#answer, this.#head.slice(end + 4));
  }

  #pushBody(answer: CurlAnswer, text: string): void {
    if (text === "") return;
    answer.body += text;
    answer.pieces++;
    if (answer.status < 300) this.#onBody(text);
  }
}

function splitAt(line: string, colon: number): [string, string] {
  return [line.slice(0, colon), line.slice(colon + 1).trim()];
}
