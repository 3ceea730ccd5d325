import { badRequest } from "@ai-proxy/shared/errors";
import {
  arrayElements,
  editObject,
  JsonTextError,
  type Member,
  memberValue,
  objectMembers,
  objectSplices,
  type Span,
  type Splice,
  spliced,
} from "@ai-proxy/shared/json-edit";
import type { Quirks } from "./quirks.ts";

/** The body fields that are ours and not OpenAI's. */
const EXTENSIONS = new Set(["provider", "fallbacks", "routing"]);

/** Models that answer `max_tokens` with 400 unsupported_parameter; fine-tunes of them too. */
const COMPLETION_TOKENS_ONLY = /^(?:ft:)?(?:o[1-9]|gpt-[5-9]|gpt-\d\d|codex-)/;

export interface UpstreamRequest {
  body: string;
  /** The relay asked for usage where the client did not: that chunk is its own. */
  askedForUsage: boolean;
}

/**
 * The client's request as the upstream gets it, edited as text: our extension
 * fields go, the model is the resolved one, and nothing else changes but what
 * the upstream's quirks ask for. The same string when there is nothing to do.
 */
export function upstreamRequest(
  text: string,
  options: { model: string; quirks: Quirks; stream: boolean; includeUsage: boolean; chat: boolean },
): UpstreamRequest {
  try {
    const members = objectMembers(text);
    const { quirks, stream, includeUsage, chat } = options;
    const askedForUsage = stream && !includeUsage && quirks.stream_usage === "ask";
    const splices = objectSplices(text, members, {
      remove: EXTENSIONS,
      set: {
        ...modelEdit(text, members, options.model),
        ...(askedForUsage && { stream_options: withUsage(text, memberValue(members, "stream_options")) }),
      },
      rename: chat ? tokenLimitRename(members, quirks, options.model) : {},
    });
    if (chat) splices.push(...roleSplices(text, members, quirks));
    return { body: spliced(text, splices), askedForUsage };
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
 * No edit when the text names that very model, however it is escaped. A name that stands twice is
 * checked twice: some parsers take the first, and the model that was chosen is the one to run.
 */
function modelEdit(text: string, members: readonly Member[], model: string): { model?: string } {
  const values = members.filter(({ key }) => key === "model").map(({ value }) => parseValue(text, value));
  const named = values.length > 0 && values.every((value) => value === model);
  return named ? {} : { model: JSON.stringify(model) };
}

/** `stream_options` with include_usage: an object keeps its other members, anything else is replaced. */
function withUsage(text: string, options: Span | undefined): string {
  if (options === undefined || text[options.start] !== "{") return '{"include_usage":true}';
  const json = text.slice(options.start, options.end);
  return spliced(json, objectSplices(json, objectMembers(json), { set: { include_usage: "true" } }));
}

function tokenLimitRename(members: readonly Member[], quirks: Quirks, model: string): Record<string, string> {
  const wanted = tokenLimitName(quirks, model);
  if (wanted === null) return {};
  // With both there, a rename would make one name twice: the provider's own 400 is clearer.
  if (members.some(({ key }) => key === wanted)) return {};
  return { [wanted === "max_tokens" ? "max_completion_tokens" : "max_tokens"]: wanted };
}

function tokenLimitName(quirks: Quirks, model: string): "max_tokens" | "max_completion_tokens" | null {
  switch (quirks.token_limit) {
    case "as_sent":
      return null;
    case "by_family":
      return COMPLETION_TOKENS_ONLY.test(model) ? "max_completion_tokens" : null;
    case "max_completion_tokens":
    case "max_tokens":
      return quirks.token_limit;
    default:
      return quirks.token_limit satisfies never;
  }
}

/** The roles of instructing messages in the upstream's word for it. */
function roleSplices(text: string, members: readonly Member[], { instruction_role: wanted }: Quirks): Splice[] {
  const messages = memberValue(members, "messages");
  if (wanted === "as_sent" || messages === undefined || text[messages.start] !== "[") return [];
  const other = wanted === "system" ? "developer" : "system";
  return arrayElements(text, messages.start).flatMap((message) => {
    if (text[message.start] !== "{") return [];
    const role = memberValue(objectMembers(text, message.start), "role");
    if (role === undefined || parseValue(text, role) !== other) return [];
    return [{ ...role, text: JSON.stringify(wanted) }];
  });
}

function parseValue(text: string, { start, end }: Span): unknown {
  if (text[start] !== '"') return undefined;
  try {
    return JSON.parse(text.slice(start, end));
  } catch {
    throw new JsonTextError(`Invalid string at position ${start}.`);
  }
}
