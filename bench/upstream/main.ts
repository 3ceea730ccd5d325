/** The bench's upstream: the three providers and the audit queue, in a process of its own. */
import { type AddressInfo, createServer, type Socket } from "node:net";
import { answerParent } from "../child.ts";
import { MessageReader } from "../http1.ts";
import { nowUs, writeStamp } from "../stamp.ts";
import { encodedStream, jsonReply, WHOLE_REPLIES } from "./replies.ts";
import type { Protocol } from "./shapes.ts";

/** What a request says about the stream it wants, in the text of its message. */
const ORDER = /bench:chunks=(\d+),pace=(\d+);/;

/** The beginning of a body is enough to find the order in; an audit message, at most 128 KB, is kept whole. */
const KEPT_BYTES = 262_144;

/** What workerd expects of a queue's `send`. */
const QUEUE_REPLY = jsonReply(
  '{"metadata":{"metrics":{"backlogCount":0,"backlogBytes":0,"oldestMessageTimestamp":0}}}',
);
const NOT_FOUND = jsonReply('{"error":"no such route"}', "404 Not Found");

/** Records and messages that have come over the audit queue. */
const audited = { messages: 0, records: 0 };

interface Order {
  path: string;
  body: string;
}

function answer(socket: Socket, { path, body }: Order): void {
  const protocol = protocolOf(path);
  if (protocol === "queue") receiveMessage(socket, body);
  else if (protocol === null) socket.write(NOT_FOUND);
  else if (!body.includes('"stream":true') && !path.includes(":streamGenerateContent")) {
    socket.write(WHOLE_REPLIES[protocol]);
  } else {
    const [, chunks = "1", pace = "0"] = ORDER.exec(body) ?? [];
    stream(socket, protocol, body.includes('"include_usage":true'), Number(chunks), Number(pace));
  }
}

function protocolOf(path: string): Protocol | "queue" | null {
  if (path.startsWith("/message")) return "queue";
  if (path.includes("/chat/completions")) return "openai";
  if (path.includes("enerateContent")) return "gemini";
  return path.startsWith("/run") ? "workers-ai" : null;
}

/** An audit message: counted, so that the bench can see that every request left its record. */
function receiveMessage(socket: Socket, body: string): void {
  const message: { records: unknown[] } = JSON.parse(body);
  audited.messages++;
  audited.records += message.records.length;
  socket.write(QUEUE_REPLY);
}

/** @param pace milliseconds between two chunks; 0 sends all in one go */
function stream(socket: Socket, protocol: Protocol, includeUsage: boolean, chunks: number, pace: number): void {
  const { opening, pieces, closing, all } = encodedStream(protocol, includeUsage, chunks);
  if (pace === 0) {
    socket.write(all);
    return;
  }
  socket.write(opening);
  let next = 0;
  const sendNext = () => {
    const piece = pieces[next++];
    if (piece === undefined || socket.destroyed) {
      clearInterval(timer);
      return;
    }
    // A copy: the socket may still hold the bytes when the next stream wants them.
    const bytes = Buffer.from(piece.bytes);
    writeStamp(bytes, piece.stampAt, nowUs());
    socket.write(next < pieces.length ? bytes : Buffer.concat([bytes, closing]));
    if (next === pieces.length) clearInterval(timer);
  };
  const timer = setInterval(sendNext, pace);
  sendNext();
}

const server = createServer((socket) => {
  socket.setNoDelay(true);
  let path = "";
  let kept: Buffer[] = [];
  let keptBytes = 0;
  const reader = new MessageReader({
    head: (line) => {
      path = line.split(" ")[1] ?? "";
      kept = [];
      keptBytes = 0;
    },
    data: (bytes) => {
      if (keptBytes >= KEPT_BYTES) return;
      kept.push(Buffer.from(bytes.subarray(0, KEPT_BYTES)));
      keptBytes += bytes.length;
    },
    end: () => answer(socket, { path, body: Buffer.concat(kept).toString() }),
  });
  socket.on("data", (bytes) => reader.push(bytes));
  socket.on("error", () => socket.destroy());
});

server.listen(0, "127.0.0.1", () => {
  const { port } = server.address() as AddressInfo;
  answerParent({ port }, () => audited);
});
