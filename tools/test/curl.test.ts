import { createServer, type IncomingMessage, type Server } from "node:http";
import { afterEach, beforeEach, expect, test } from "vitest";
import { curl, curlLine } from "../curl.ts";
import { listen } from "./listen.ts";

let server: Server;
let url: string;
let received: { method: string | undefined; headers: IncomingMessage["headers"]; body: string };

beforeEach(async () => {
  server = createServer(async (request, response) => {
    const chunks = await Array.fromAsync(request);
    const body = Buffer.concat(chunks).toString("utf8");
    received = { method: request.method, headers: request.headers, body };
    response.writeHead(request.url === "/no" ? 418 : 200, { "content-type": "text/plain", "x-twice": "a: b" });
    response.write("first ");
    setTimeout(() => response.end("second\r\n\r\nthird"), 30);
  });
  url = `http://127.0.0.1:${await listen(server)}`;
});
afterEach(() => {
  server.close();
});

test("a body arrives byte for byte, whatever is in it", async () => {
  const body = '@{"a": "\\"\\\\ \\n"}\r\n\ttab 👋 # \\t "quoted" \v';
  await curl({ url, method: "POST", headers: { "X-Quote": 'say "hi" \\' }, body });
  expect(received.body).toBe(body);
  expect(received.headers["x-quote"]).toBe('say "hi" \\');
});

test("status, headers and a body with empty lines are told apart", async () => {
  const answer = await curl({ url: `${url}/no` });
  expect(answer.status).toBe(418);
  expect(answer.headers.get("X-Twice")).toBe("a: b");
  expect(answer.body).toBe("first second\r\n\r\nthird");
  expect(received.method).toBe("GET");
});

test("a stream is handed on as it arrives", async () => {
  const pieces: string[] = [];
  const answer = await curl({ url, onBody: (text) => pieces.push(text) });
  expect(pieces).toEqual(["first ", "second\r\n\r\nthird"]);
  expect(answer.pieces).toBe(2);
});

test("no server is an error that names it", async () => {
  await expect(curl({ url: "http://127.0.0.1:1" })).rejects.toThrow(/127\.0\.0\.1 port 1/);
});

test("the line to paste shows no token", () => {
  const request = { url: "http://x/v1", method: "POST", headers: { "X-AUTH-TOKEN": "geheim" }, body: "it's" };
  expect(curlLine(request)).toBe(`curl http://x/v1 -H "X-AUTH-TOKEN: $AUTH_TOKEN" -d 'it'\\''s'`);
  expect(curlLine({ ...request, headers: { Authorization: "Bearer geheim" } })).not.toContain("geheim");
});
