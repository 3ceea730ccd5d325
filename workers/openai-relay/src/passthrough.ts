import type { PassthroughRequest, RelayReply, WholeReply } from "@ai-proxy/shared/contract/relay";
import { answerForRpc, bodyText } from "@ai-proxy/shared/contract/transfer";
import { badRequest } from "@ai-proxy/shared/errors";
import { fromOpenAIUsage } from "@ai-proxy/shared/formats/usage";
import { isObject, tryParseJson } from "@ai-proxy/shared/json";
import { RequestClock } from "@ai-proxy/shared/upstream/clock";
import { readBody } from "@ai-proxy/shared/upstream/fetch";
import { type Answer, type Caller, refusedReply, streamBody } from "./call.ts";
import { clientHeaders, logIdOf } from "./headers.ts";
import { JsonTextError } from "./json-edit.ts";
import { nativeStream } from "./native-stream.ts";
import { redact, redactJson } from "./redact.ts";
import { withoutExtensions } from "./request.ts";
import { StreamMeter } from "./stream-meter.ts";
import type { Upstream } from "./upstreams.ts";

/** Segments of letters, digits and the few signs that ids have; never empty, never made of dots alone. */
const PATH = /^(?:\/(?!\.+(?:\/|$))[\w.:@~-]+)+$/;
const SEARCH = /^(?:\?[!$&-;=?-Z_a-z~%[\]]*)?$/;

/** Relays a request to any path of the upstream's API. Throws ApiErrors; what the upstream refuses is a reply. */
export async function passThrough(
  request: PassthroughRequest,
  caller: Caller,
  waitUntil: (promise: Promise<unknown>) => void,
): Promise<RelayReply> {
  const { method, path, search, contentType, beta, traceparent } = request;
  if (!PATH.test(path) || !SEARCH.test(search) || !/^[A-Z]+$/.test(method)) {
    throw badRequest("The path holds characters that paths of OpenAI's API do not have.");
  }
  const upstream = caller.upstreams.get(request.upstream);
  const clock = new RequestClock(request.deadlines);
  const answer = await caller.call({
    upstream,
    path,
    search,
    method,
    body: withoutOurFields(request.body, contentType),
    contentType,
    beta,
    ids: request,
    traceparent,
    firstByteMs: clock.firstByteMs,
  });
  const { response } = answer;
  if (!response.ok) {
    return refusedReply(caller, upstream, answer, { leftMs: clock.leftMs(), keySlot: request.keySlot });
  }
  if (!response.headers.get("content-type")?.startsWith("text/event-stream"))
    return whole(answer, upstream, caller, clock.leftMs());
  return nativeStream({
    provider: upstream.name,
    upstream: streamBody(answer, upstream),
    meter: new StreamMeter(upstream.name, 0, caller.secrets(upstream)),
    holdForContent: false,
    endsWithDone: false,
    deadlines: clock.stream(),
    abortUpstream: answer.abort,
    waitUntil,
    headers: clientHeaders(response.headers),
    ...logIdOf(response.headers),
  });
}

/** `provider` has chosen the upstream of a JSON request; it goes no further. Other bodies are bytes. */
function withoutOurFields(
  body: string | Uint8Array | null,
  contentType: string | undefined,
): string | Uint8Array | null {
  if (body === null || !isJsonType(contentType)) return body;
  try {
    return withoutExtensions(bodyText(body));
  } catch (thrown) {
    // No JSON object: the upstream is the one to say what it thinks of it.
    if (thrown instanceof JsonTextError) return body;
    throw thrown;
  }
}

function isJsonType(contentType: string | undefined): boolean {
  return /^application\/(?:[\w.+-]+\+)?json\s*(?:;|$)/i.test(contentType ?? "");
}

async function whole(answer: Answer, upstream: Upstream, caller: Caller, leftMs: number): Promise<WholeReply> {
  const { headers, status } = answer.response;
  const type = headers.get("content-type") ?? "application/octet-stream";
  const bytes = await readBody(answer, upstream.name, leftMs, "bytes");
  const reply = {
    status,
    headers: { ...clientHeaders(headers), ...fileName(headers), "content-type": type },
    usage: null,
    ...logIdOf(headers),
  };
  if (!/\bjson\b/.test(type)) return { ...reply, body: answerForRpc(bytes) };
  const text = new TextDecoder("utf-8", { fatal: false, ignoreBOM: true }).decode(bytes);
  const parsed = tryParseJson(text);
  return {
    ...reply,
    body: answerForRpc((parsed === undefined ? redact : redactJson)(text, caller.secrets(upstream))),
    usage: isObject(parsed) ? fromOpenAIUsage(parsed["usage"]) : null,
  };
}

/** What a downloaded file is called. */
function fileName(headers: Headers): Record<string, string> {
  const disposition = headers.get("content-disposition");
  return disposition === null ? {} : { "content-disposition": disposition };
}
