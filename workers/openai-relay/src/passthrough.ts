import type { PassthroughRequest, RelayReply, WholeReply } from "@ai-proxy/shared/contract/relay";
import { utf8Text } from "@ai-proxy/shared/contract/transfer";
import { badRequest } from "@ai-proxy/shared/errors";
import { fromOpenAIUsage } from "@ai-proxy/shared/formats/usage";
import { isJsonContentType, isObject, tryParseJson } from "@ai-proxy/shared/json";
import type { Attempt } from "@ai-proxy/shared/upstream/attempt";
import { type BodyReading, readBody, type UpstreamAnswer } from "@ai-proxy/shared/upstream/fetch";
import { secretsOf } from "@ai-proxy/shared/upstream/provider-api";
import { clientHeaders, logIdOf } from "./client-headers.ts";
import { fileBody } from "./file-reply.ts";
import { JsonTextError } from "./json-edit.ts";
import { nativeStream } from "./native-stream.ts";
import { ask, bodyReading, streamBody } from "./send.ts";
import { StreamMeter } from "./stream-meter.ts";
import { withoutExtensions } from "./upstream-request.ts";
import type { Upstreams } from "./upstreams.ts";

/** Segments of letters, digits and the few signs that ids have; never empty, never made of dots alone. */
const PATH = /^(?:\/(?!\.+(?:\/|$))[\w.:@~-]+)+$/;
const SEARCH = /^(?:\?[!$&-;=?-Z_a-z~%[\]]*)?$/;

/** Relays a request to any path of the upstream's API. Throws ApiErrors. */
export async function passThrough(
  request: PassthroughRequest,
  upstreams: Upstreams,
  attempt: Attempt,
  waitUntil: (promise: Promise<unknown>) => void,
): Promise<RelayReply> {
  const { method, path, search, contentType, contentEncoding, beta } = request;
  if (!PATH.test(path) || !SEARCH.test(search) || !/^[A-Z]+$/.test(method)) {
    throw badRequest("The path holds characters that paths of OpenAI's API do not have.");
  }
  const upstream = upstreams.get(request.upstream);
  const isPlainJson = isJsonContentType(contentType) && contentEncoding === undefined;
  const body = isPlainJson ? withoutOurFields(request.body) : request.body;
  const answer = await ask(attempt, upstream, { path, search, method, body, contentType, contentEncoding, beta });
  const { headers } = answer.response;
  const type = headers.get("content-type")?.toLowerCase() ?? "application/octet-stream";
  if (!type.startsWith("text/event-stream")) {
    const reading = bodyReading(attempt, upstream);
    if (isJsonContentType(type)) return jsonReply(answer, reading);
    return { ...replyOf(answer), body: await fileBody(answer, { attempt, reading, type, waitUntil }) };
  }
  return nativeStream({
    provider: upstream.name,
    attempt,
    upstream: streamBody(answer, upstream),
    meter: new StreamMeter(upstream.name, 0, secretsOf(upstream), attempt.ceilings.eventBytes),
    holdForContent: false,
    endsWithDone: false,
    deadlines: attempt.clock.stream(),
    abortUpstream: answer.abort,
    waitUntil,
    headers: clientHeaders(headers),
    ...logIdOf(headers),
  });
}

/** `provider` has chosen the upstream of a JSON request; it goes no further. What is no JSON object passes as it is. */
function withoutOurFields(body: PassthroughRequest["body"]): PassthroughRequest["body"] {
  const text = body instanceof Uint8Array ? utf8Text(body) : body;
  if (text === null) return body;
  try {
    return withoutExtensions(text);
  } catch (thrown) {
    // The upstream is the one to say what it thinks of it.
    if (thrown instanceof JsonTextError) return body;
    throw thrown;
  }
}

async function jsonReply(answer: UpstreamAnswer, reading: BodyReading): Promise<WholeReply> {
  const body = await readBody(answer, reading);
  const parsed = tryParseJson(body);
  return { ...replyOf(answer), body, usage: isObject(parsed) ? fromOpenAIUsage(parsed["usage"]) : null };
}

function replyOf({ response: { headers, status } }: UpstreamAnswer): Omit<WholeReply, "body"> {
  const type = headers.get("content-type") ?? "application/octet-stream";
  return {
    status,
    headers: { ...clientHeaders(headers), ...fileName(headers), "content-type": type },
    usage: null,
    ...logIdOf(headers),
  };
}

/** What a downloaded file is called. */
function fileName(headers: Headers): Record<string, string> {
  const disposition = headers.get("content-disposition");
  return disposition === null ? {} : { "content-disposition": disposition };
}
