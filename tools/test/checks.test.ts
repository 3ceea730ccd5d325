import { createServer, type Server } from "node:http";
import { afterEach, expect, test, vi } from "vitest";
import { runChecks } from "../check/run-checks.ts";
import { listen } from "./listen.ts";

let server: Server;
afterEach(() => {
  server.close();
  vi.restoreAllMocks();
});

test("a gateway that says yes to everything passes next to nothing", { timeout: 30_000 }, async () => {
  server = createServer((request, response) => {
    request.resume().on("end", () => {
      response.writeHead(200, { "content-type": "application/json" });
      response.end("{}");
    });
  });
  const url = `http://127.0.0.1:${await listen(server)}`;
  const lines: string[] = [];
  vi.spyOn(console, "log").mockImplementation((line: string) => void lines.push(line));
  expect(await runChecks({ url, token: "secret-token" })).toBe(false);
  // Only what asks for no more than a 200 and an object: health, and the token as a Bearer.
  expect(lines.at(-1)).toMatch(/^2 passed, 4\d failed$/);
  expect(lines.join("\n")).not.toContain("secret-token");
});
