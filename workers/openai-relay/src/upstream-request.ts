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
import type { Quirks } from "./quirks.ts";
import { type ModelNames, tokenLimitEdits } from "./token-limit.ts";

const EXTENSIONS: ReadonlySet<string> = new Set(EXTENSION_FIELDS);

export interface UpstreamRequest {
  body: string;
  /** The relay asked for usage where the client did not: that chunk is its own. */
  askedForUsage: boolean;
}

/**
 * The client's request as the upstream gets it, edited as text: without our fields, with the
 * resolved model, and by the upstream's quirks. The same string when there is nothing to do.
 */
export function upstreamRequest(
  text: string,
  options: { model: ModelNames; quirks: Quirks; stream: boolean; includeUsage: boolean; chat: boolean },
): UpstreamRequest {
  try {
    const members = objectMembers(text);
    const { model, quirks, stream, includeUsage, chat } = options;
    const asksForUsage = quirks.stream_usage === "ask";
    const askedForUsage = stream && !includeUsage && asksForUsage;
    const limit = chat ? tokenLimitEdits(text, members, quirks, model) : {};
    const splices = objectSplices(text, members, {
      ...limit,
      remove: new Set([...EXTENSIONS, ...(asksForUsage ? [] : ["stream_options"]), ...(limit.remove ?? [])]),
      set: {
        ...modelEdit(text, members, model.sent),
        ...(askedForUsage && { stream_options: withUsage(text, memberValue(members, "stream_options")) }),
      },
    });
    const inMessages = chat ? messageSplices(text, members, quirks) : [];
    return { body: spliced(text, [...splices, ...inMessages]), askedForUsage };
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
