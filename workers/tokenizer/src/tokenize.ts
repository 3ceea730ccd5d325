import type { TokenizeRequest } from "@ai-proxy/shared/contract/tokenizer";
import { type ApiError, badRequest } from "@ai-proxy/shared/errors";
import { chatFormats } from "./chat/formats.ts";
import { imageRule } from "./chat/images.ts";
import { type ChatPlan, type Owner, planChat } from "./chat/plan.ts";
import { type TextCounter, textCounter } from "./counting.ts";
import { checkTokens } from "./detokenize.ts";
import { decodeTokens } from "./encoding/decode.ts";
import type { Encoding } from "./encoding/encodings.ts";
import { TokenList } from "./encoding/sinks.ts";
import { encodeWithSpecial } from "./encoding/special.ts";
import { type TokenModel, tokenModel } from "./models.ts";
import { type Tokenization, tokenization } from "./reply.ts";
import {
  type Content,
  readTokenizeRequest,
  requestText,
  type TextInput,
  type TokenizeBody,
  tooLarge,
} from "./request.ts";
import { checkTextSize } from "./text-size.ts";
import { inTurns } from "./turns.ts";

/** Tokens that an answer lists at most: with their strings some 20 MB of JSON. */
const MOST_LISTED = 1_000_000;

/** POST /v1/tokenize: from the body's text to the answer. */
export async function tokenize(request: Omit<TokenizeRequest, "requestId">): Promise<Tokenization> {
  const body = readTokenizeRequest(requestText(request.body));
  const model = tokenModel(request.model);
  if (model.method === "estimate" || body.content.kind === "chat") refuseListing(body, model, request.requestedModel);
  if (request.providerCount !== undefined) {
    return tokenization(request, { method: "exact", encoding: null, count: request.providerCount });
  }
  if (model.method === "estimate" && body.exact) throw noExactCount(request.requestedModel);
  const counter = await textCounter(model);
  const special = allowedSpecial(body, counter.encoding);
  return body.content.kind === "texts"
    ? await inTurns(tokenizeTexts(request, body, body.content, counter, special))
    : await inTurns(tokenizeChat(request, body, body.content, model, counter));
}

function noExactCount(what: string): ApiError {
  return badRequest(
    `There is no exact count for ${what}; leave exact out for an estimate.`,
    "exact",
    "exact_count_unavailable",
  );
}

/** Tokens can be listed of a text in a public encoding. */
function refuseListing(body: TokenizeBody, { method }: TokenModel, model: string): void {
  const field = body.returnTokens ? "return_tokens" : body.returnStrings ? "return_strings" : undefined;
  if (field === undefined) return;
  if (method === "estimate") {
    throw badRequest(
      `${model}'s encoding is not public: its tokens can be estimated, not listed.`,
      field,
      "encoding_unavailable",
    );
  }
  throw badRequest(
    "A chat's tokens can be counted, not listed: what stands around its messages is not public.",
    field,
    "unsupported_parameter",
  );
}

function allowedSpecial(body: TokenizeBody, encoding: Encoding): ReadonlySet<string> {
  const known = encoding.specialTokens;
  if (body.allowedSpecial === "all") return new Set(known.keys());
  for (const [at, token] of body.allowedSpecial.entries()) {
    if (known.has(token)) continue;
    throw badRequest(`${encoding.name} has no such special token.`, `allowed_special[${at}]`);
  }
  return new Set(body.allowedSpecial);
}

function* tokenizeTexts(
  request: Omit<TokenizeRequest, "requestId">,
  body: TokenizeBody,
  content: Extract<Content, { kind: "texts" }>,
  counter: TextCounter,
  special: ReadonlySet<string>,
): Generator<void, Tokenization> {
  const listed = body.returnTokens || body.returnStrings;
  const counts: number[] = [];
  const lists: number[][] = [];
  let left = MOST_LISTED;
  let errorBound = 0;
  for (const [at, text] of content.texts.entries()) {
    if (typeof text !== "string" && counter.encodingName !== null) {
      checkTokens(text, counter.encoding, content.list ? `${content.param}[${at}]` : content.param);
    }
    if (listed) {
      const tokens = yield* tokensOf(text, counter.encoding, special, left, content.param);
      left -= tokens.length;
      lists.push(tokens);
      counts.push(tokens.length);
    } else if (typeof text === "string") {
      const { count, bound } = yield* counter.count(text, special);
      counts.push(count);
      errorBound += bound;
    } else counts.push(text.length);
  }
  const count = counts.reduce((sum, one) => sum + one, 0);
  if (body.returnStrings) checkTextSize(lists, counter.encoding, content.param);
  const strings = body.returnStrings
    ? lists.map((list) => list.map((token) => decodeTokens([token], counter.encoding)))
    : undefined;
  const oneOrAll = <Value>(values: Value[]) => (content.list ? values : values[0]);
  return tokenization(request, {
    method: counter.encodingName === null ? "estimate" : "exact",
    encoding: counter.encodingName,
    count,
    errorBound,
    ...(content.list && { counts }),
    ...(body.returnTokens && { tokens: oneOrAll(lists) }),
    ...(strings && { strings: oneOrAll(strings) }),
  });
}

function* tokensOf(
  text: TextInput,
  encoding: Encoding,
  special: ReadonlySet<string>,
  most: number,
  param: string,
): Generator<void, number[]> {
  const list = new TokenList(most, () => {
    throw tooLarge(`At most ${MOST_LISTED} tokens are listed at a time; ask for the count only.`, param);
  });
  if (typeof text === "string") yield* encodeWithSpecial(text, encoding, list, special);
  else for (const token of text) list.addOne(token);
  return list.tokens;
}

function* tokenizeChat(
  request: Omit<TokenizeRequest, "requestId">,
  { exact: exactOnly }: TokenizeBody,
  content: Extract<Content, { kind: "chat" }>,
  model: TokenModel,
  counter: TextCounter,
): Generator<void, Tokenization> {
  const plan = planChat(content, chatFormats[model.chat], imageRule(request.model));
  const { byOwner, bound } = yield* countPlan(plan, counter);
  const count = [...byOwner.values()].reduce((sum, one) => sum + one, 0);
  const exact = counter.encodingName !== null && bound === 0 && plan.uncounted.length === 0;
  if (exactOnly && !exact) throw noExactCount("this chat");
  const toolTokens = byOwner.get("tools");
  return tokenization(request, {
    method: exact ? "exact" : "estimate",
    encoding: counter.encodingName,
    count,
    errorBound: bound,
    messages: content.messages.map((_, at) => byOwner.get(at) ?? 0),
    frame: byOwner.get("frame") ?? 0,
    ...(toolTokens !== undefined && { tools: toolTokens }),
    ...(plan.uncounted.length > 0 && { uncounted: plan.uncounted }),
  });
}

/** A chat's texts are text: what a user writes never becomes a marker. */
function* countPlan(
  plan: ChatPlan,
  counter: TextCounter,
): Generator<void, { byOwner: Map<Owner, number>; bound: number }> {
  const byOwner = new Map<Owner, number>();
  let bound = plan.slack;
  const add = (owner: Owner, tokens: number) => byOwner.set(owner, (byOwner.get(owner) ?? 0) + tokens);
  for (const { owner, tokens } of plan.fixed) add(owner, tokens);
  for (const { owner, text, behind = "" } of plan.texts) {
    const counted = yield* counter.count(behind + text);
    add(owner, behind === "" ? counted.count : counted.count - (yield* counter.count(behind)).count);
    bound += counted.bound;
  }
  return { byOwner, bound };
}
