import type { ServerResponse } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { calculateDelay, generateId, type Mountable, type StreamingProfile } from "@copilotkit/aimock";
import { SSE_DONE, sseEvent } from "../shared/formats/sse.ts";
import { isObject, type JsonObject } from "../shared/json.ts";
import { readBody, sendJson } from "./http.ts";
import { piecesOf, replyTo, roughTokens } from "./replies.ts";

/** POST /v1/completions, which aimock does not have. */
export function legacyCompletions(pace: StreamingProfile): Mountable {
  return {
    async handleRequest(request, response, path) {
      if (path !== "/" || request.method !== "POST") return false;
      const { json } = await readBody(request);
      if (json === undefined) {
        const error = {
          message: "We could not parse the JSON body.",
          type: "invalid_request_error",
          param: null,
          code: null,
        };
        sendJson(response, 400, { error });
        return true;
      }
      const completion = complete(json);
      if (json["stream"] === true) await sendStream(response, chunksOf(completion, json), pace);
      else sendJson(response, 200, completion);
      return true;
    },
  };
}

function complete(body: JsonObject) {
  const model = typeof body["model"] === "string" ? body["model"] : "";
  const prompts = Array.isArray(body["prompt"]) ? body["prompt"] : [body["prompt"]];
  const n = typeof body["n"] === "number" ? body["n"] : 1;
  const texts = prompts.flatMap((prompt: unknown) => {
    const content = typeof prompt === "string" ? prompt : JSON.stringify(prompt);
    const { text } = replyTo({ model, messages: [{ role: "user", content }], stop: body["stop"] });
    return Array.from({ length: n }, () => (body["echo"] === true ? `${content}${text}` : text));
  });
  const prompt_tokens = roughTokens(prompts.join(""));
  const completion_tokens = roughTokens(texts.join(""));
  return {
    id: generateId("cmpl"),
    object: "text_completion",
    created: Math.floor(Date.now() / 1000),
    model,
    choices: texts.map((text, index) => ({ text, index, logprobs: null, finish_reason: "stop" })),
    usage: { prompt_tokens, completion_tokens, total_tokens: prompt_tokens + completion_tokens },
  };
}

/** The chunks of a streamed completion: a word each, then one that finishes each choice, then usage if asked for. */
function chunksOf({ choices, usage, ...envelope }: ReturnType<typeof complete>, body: JsonObject): object[] {
  const options = body["stream_options"];
  const withUsage = isObject(options) && options["include_usage"] === true;
  const chunks = choices.flatMap((choice) => [
    ...piecesOf(choice.text).map((text) => ({ ...choice, text, finish_reason: null })),
    { ...choice, text: "" },
  ]);
  return [
    ...chunks.map((choice) => ({ ...envelope, choices: [choice], ...(withUsage && { usage: null }) })),
    ...(withUsage ? [{ ...envelope, choices: [], usage }] : []),
  ];
}

async function sendStream(response: ServerResponse, chunks: object[], pace: StreamingProfile): Promise<void> {
  response.writeHead(200, { "content-type": "text/event-stream" });
  for (const [at, chunk] of chunks.entries()) {
    await sleep(calculateDelay(at, pace));
    if (response.destroyed) return;
    response.write(sseEvent(chunk));
  }
  response.end(SSE_DONE);
}
