import { type Fixture, handleResponses, Journal, Logger, type Mountable } from "@copilotkit/aimock";
import { isObject, type JsonObject } from "../shared/json.ts";
import { CHUNK_SIZE } from "./aimock-reply.ts";
import { readBody } from "./http.ts";

/**
 * POST /v1/responses. aimock writes it, but passes on no `text.format`: here it
 * becomes the `response_format` that a fixture sees.
 */
export function offlineResponses(chats: Fixture[]): Mountable {
  const journal = new Journal({ maxEntries: 1 });
  const defaults = { latency: 0, chunkSize: CHUNK_SIZE, replaySpeed: 1, logger: new Logger("silent") };
  return {
    async handleRequest(request, response, path) {
      if (path !== "/" || request.method !== "POST") return false;
      const { text, json } = await readBody(request);
      const body = json === undefined ? text : JSON.stringify(withResponseFormat(json));
      await handleResponses(request, response, body, chats, journal, defaults, () => {});
      return true;
    },
  };
}

function withResponseFormat(body: JsonObject): JsonObject {
  const format = isObject(body["text"]) ? body["text"]["format"] : undefined;
  return format === undefined ? body : { ...body, response_format: format };
}
