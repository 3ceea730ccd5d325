import { connect, type Socket } from "node:net";
import { MessageReader } from "../http1.ts";
import { nowUs, StampScanner } from "../stamp.ts";
import type { Expectation, Job } from "./job.ts";

/** What one connection has seen; times in microseconds. */
export interface Observed {
  chunks: number;
  totals: number[];
  firstBytes: number[];
  delays: number[];
  /** When each chunk of `delays` came. */
  arrivedAt: number[];
}

/** A keep-alive connection that sends one request after the other and checks each answer. */
export class Connection {
  readonly #socket: Socket;
  readonly #request: Buffer;
  readonly #expect: Expectation;
  readonly observed: Observed = { chunks: 0, totals: [], firstBytes: [], delays: [], arrivedAt: [] };
  #answered: PromiseWithResolvers<void> | null = null;
  #sentAt = 0;
  #arrivedAt = 0;
  #firstByteAt = 0;
  #status = 0;
  #chunks = 0;
  #body: Buffer[] = [];
  #scanner = new StampScanner();

  private constructor(socket: Socket, job: Job) {
    this.#socket = socket;
    this.#request = encodeRequest(job);
    this.#expect = job.expect;
    const reader = new MessageReader({
      head: (line) => {
        this.#status = Number(line.split(" ")[1]);
      },
      data: (bytes) => this.#data(bytes),
      end: () => this.#end(),
    });
    socket.on("data", (bytes) => {
      this.#arrivedAt = nowUs();
      reader.push(bytes);
    });
    socket.on("error", (error) => this.#fail(error.message));
    socket.on("close", () => this.#fail("the connection was closed"));
  }

  static open(job: Job): Promise<Connection> {
    return new Promise((resolve, reject) => {
      const socket = connect({ port: job.port, host: "127.0.0.1", noDelay: true });
      socket.once("error", reject);
      socket.once("connect", () => {
        socket.off("error", reject);
        resolve(new Connection(socket, job));
      });
    });
  }

  /** Sends the request; resolves when its answer has come and was right, rejects otherwise. */
  exchange(): Promise<void> {
    this.#answered = Promise.withResolvers();
    this.#chunks = 0;
    this.#body = [];
    this.#firstByteAt = 0;
    this.#scanner = new StampScanner();
    this.#sentAt = nowUs();
    this.#socket.write(this.#request);
    return this.#answered.promise;
  }

  close(): void {
    this.#answered = null;
    this.#socket.destroy();
  }

  #data(bytes: Buffer): void {
    if (this.#firstByteAt === 0) this.#firstByteAt = this.#arrivedAt;
    if (this.#expect.chunks === 0 || this.#status !== 200) {
      this.#body.push(Buffer.from(bytes));
      return;
    }
    this.#scanner.push(bytes, (sentAt) => {
      this.#chunks++;
      if (sentAt === 0) return;
      this.observed.delays.push(this.#arrivedAt - sentAt);
      this.observed.arrivedAt.push(this.#arrivedAt);
    });
  }

  #end(): void {
    const problem = this.#problem();
    if (problem !== null) {
      this.#fail(problem);
      return;
    }
    this.observed.chunks += this.#chunks;
    this.observed.totals.push(this.#arrivedAt - this.#sentAt);
    this.observed.firstBytes.push(this.#firstByteAt - this.#sentAt);
    this.#answered?.resolve();
  }

  /** What is wrong with the answer; null when it is as it has to be. */
  #problem(): string | null {
    const { status, chunks, holds } = this.#expect;
    const body = Buffer.concat(this.#body);
    if (this.#status !== status) return `status ${this.#status}: ${body.toString("utf8", 0, 300)}`;
    if (this.#chunks !== chunks) return `${this.#chunks} chunks instead of ${chunks}`;
    return chunks === 0 && !body.includes(holds) ? `an answer without "${holds}"` : null;
  }

  #fail(why: string): void {
    this.#answered?.reject(new Error(why));
  }
}

function encodeRequest({ port, path, headers, body }: Job): Buffer {
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  const bytes = Buffer.from(body);
  const head = `POST ${path} HTTP/1.1\r\nhost: 127.0.0.1:${port}\r\ncontent-type: application/json\r\n`;
  return Buffer.concat([Buffer.from(`${head}${lines.join("")}content-length: ${bytes.length}\r\n\r\n`), bytes]);
}
