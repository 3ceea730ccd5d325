import { EXTENSION_FIELDS } from "@ai-proxy/shared/contract/relay";
import { badRequest } from "@ai-proxy/shared/errors";
import {
  editObject,
  JsonTextError,
  type Member,
  memberValue,
  objectMembers,
  objectSplices,
  type Span,
  spliced,
  stringAt,
} from "./json-edit.ts";
import { messageSplices } from "./message-quirks.ts";
import { type Ignored, rootFieldEdits } from "./request-fields.ts";
import { type ModelNames, tokenLimitEdits } from "./token-limit.ts";
import type { Upstream } from "./upstreams.ts";

const EXTENSIONS: ReadonlySet<string> = new Set(EXTENSION_FIELDS);

export interface UpstreamRequest {
  body: string;
  /** The relay asked for usage where the client did not: that chunk is its own. */
  askedForUsage: boolean;
  /** Fields of the client's that the upstream does not take. */
  ignored: Ignored;
}

/**
 * The client's request as the upstream gets it, edited as text: our extension
 * fields go, the model is the resolved one, and nothing else changes but what
 * the upstream's quirks and fields ask for. The same string when there is nothing to do.
 */
export function upstreamRequest(
  text: string,
  options: Pick<Upstream, "quirks" | "fields"> & {
    model: ModelNames;
    stream: boolean;
    includeUsage: boolean;
    chat: boolean;
  },
): UpstreamRequest {
  try {
    const members = objectMembers(text);
    const { model, quirks, fields, stream, includeUsage, chat } = options;
    const ignored: Ignored = new Set();
    const asksForUsage = quirks.stream_usage === "ask";
    const askedForUsage = stream && !includeUsage && asksForUsage;
    const limit = chat ? tokenLimitEdits(text, members, quirks, model) : {};
    const renamed = rootFieldEdits(text, members, fields, ignored);
    const splices = objectSplices(text, members, {
      rename: { ...renamed.rename, ...limit.rename },
      remove: new Set([
        ...EXTENSIONS,
        ...(asksForUsage ? [] : ["stream_options"]),
        ...(limit.remove ?? []),
        ...renamed.remove,
      ]),
      set: {
        ...modelEdit(text, members, model.sent),
        ...(askedForUsage && { stream_options: withUsage(text, memberValue(members, "stream_options")) }),
      },
    });
    const inMessages = chat ? messageSplices(text, members, { quirks, fields }, ignored) : [];
    return { body: spliced(text, [...splices, ...inMessages]), askedForUsage, ignored };
  } catch (thrown) {
    if (thrown instanceof JsonTextError) throw badRequest(`The body is not a JSON object: ${thrown.message}`);
    throw thrown;
  }
}

/** A JSON object's text without our extension fields. Throws a JsonTextError when it is none. */
export function withoutExtensions(text: string): string {
  return editObject(text, { remove: EXTENSIONS });
}

/**
 * No edit when the text names that very model, however it is escaped. A model that is named twice must be
 * the chosen one both times, since some parsers take the first.
 */
function modelEdit(text: string, members: readonly Member[], model: string): { model?: string } {
  const values = members.filter(({ key }) => key === "model").map(({ value }) => stringAt(text, value));
  const named = values.length > 0 && values.every((value) => value === model);
  return named ? {} : { model: JSON.stringify(model) };
}

/** `stream_options` with include_usage: an object keeps its other members, anything else is replaced. */
function withUsage(text: string, options: Span | undefined): string {
  if (options === undefined || text[options.start] !== "{") return '{"include_usage":true}';
  const json = text.slice(options.start, options.end);
  return spliced(json, objectSplices(json, objectMembers(json), { set: { include_usage: "true" } }));
}
