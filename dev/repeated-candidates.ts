import type { ServerResponse } from "node:http";
import { isObject, tryParseJson } from "../shared/json.ts";

/** Sends the one candidate that aimock writes `count` times, each with its index, whole or streamed. */
export function repeatedCandidates(response: ServerResponse, count: number): ServerResponse {
  const rewritten = (data: unknown) => (typeof data === "string" ? repeated(data, count) : data);
  return new Proxy(response, {
    get(target, name) {
      if (name === "write") return (data: unknown) => target.write(rewritten(data));
      if (name === "end") return (data?: unknown) => target.end(rewritten(data));
      const value: unknown = Reflect.get(target, name, target);
      return typeof value === "function" ? value.bind(target) : value;
    },
    set: (target, name, value) => Reflect.set(target, name, value, target),
  });
}

/** @param data a JSON text, or one as an event of a stream: `data: {…}` and an empty line */
function repeated(data: string, count: number): string {
  return data.replace(/\{.*\}/s, (text) => {
    const body = tryParseJson(text);
    if (!isObject(body) || !Array.isArray(body["candidates"])) return text;
    const [candidate] = body["candidates"];
    const candidates = Array.from({ length: count }, (_, index) => ({ ...candidate, index }));
    return JSON.stringify({ ...body, candidates });
  });
}
