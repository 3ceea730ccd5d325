import type { RelayReply, StreamEnd, TokenCountReply } from "../contract/relay.ts";
import { answerForRpc } from "../contract/transfer.ts";
import { type ApiError, toApiError, withChanges } from "../errors.ts";
import { errorText } from "../formats/error-body.ts";
import { isJsonContentType, isObject, type JsonObject, tryParseJson } from "../json.ts";
import { ERROR_BODY_BYTES, HEADER_BYTES, MOST_HEADERS } from "./ceilings.ts";
import { Redactor } from "./redact.ts";

/** Characters of a message whose error is too large. */
const CUT_MESSAGE = 16_384;

/** Characters of a name: an error's code, a model, a log id. They go into headers, the log and the audit. */
const LONGEST_NAME = 256;

/**
 * What every text of a provider's passes before it leaves the relay: its keys are taken out, and what could be of any
 * length is bounded. Bytes that pass natively do not come here.
 */
export class Exit {
  #redactor = new Redactor([]);

  /** These keys leave in nothing. */
  hide(redactor: Redactor): void {
    this.#redactor = redactor;
  }

  /** A JSON text, or events of such. */
  json(text: string): string {
    return this.#redactor.json(text);
  }

  /** What was thrown, as the error that may be told. */
  error(thrown: unknown): ApiError {
    const error = toApiError(thrown);
    const { message, code, type, param, details } = error;
    const isLarge = errorText(error).length > ERROR_BODY_BYTES;
    return withChanges(error, {
      message: this.#redactor.text(isLarge ? cut(message, CUT_MESSAGE) : message),
      type: this.#name(type),
      code: code === null ? null : this.#name(code),
      param: param === null ? null : this.#name(param),
      details: isLarge ? {} : this.#object(details),
    });
  }

  /** A relay's reply, changed in place. */
  reply<Reply extends RelayReply | TokenCountReply>(reply: Reply): Reply {
    const known: RelayReply | TokenCountReply = reply;
    if ("response" in known) {
      const { usage } = known;
      this.#setHeaders(known.response.headers);
      known.usage = async () => this.#streamEnd(await usage());
    } else if ("headers" in known) {
      if (known.servedModel !== undefined) known.servedModel = this.#name(known.servedModel);
      if (known.gatewayLogId !== undefined) known.gatewayLogId = this.#name(known.gatewayLogId);
      if (typeof known.body === "string") known.body = answerForRpc(this.#body(known.body, known.headers));
      known.headers = this.headers(known.headers);
    }
    return reply;
  }

  /** Those that fit, without the keys; a client must be able to read them all. */
  headers(headers: Readonly<Record<string, string>>): Record<string, string> {
    const kept: Record<string, string> = {};
    let left = HEADER_BYTES;
    // Ours, which say what the body is, come before those that only inform.
    for (const [name, value] of Object.entries(headers).toSorted(byWeight).slice(0, MOST_HEADERS)) {
      const size = name.length + value.length;
      if (size > left) continue;
      left -= size;
      kept[name] = this.#redactor.text(value);
    }
    return kept;
  }

  #setHeaders(headers: Headers): void {
    const given = Object.fromEntries(headers);
    const kept = this.headers(given);
    for (const [name, value] of Object.entries(given)) {
      if (kept[name] === undefined) headers.delete(name);
      else if (kept[name] !== value) headers.set(name, kept[name]);
    }
  }

  #streamEnd(end: StreamEnd): StreamEnd {
    const { errorCode, servedModel, gatewayLogId } = end;
    return {
      ...end,
      ...(typeof errorCode === "string" && { errorCode: this.#name(errorCode) }),
      ...(servedModel !== undefined && { servedModel: this.#name(servedModel) }),
      ...(gatewayLogId !== undefined && { gatewayLogId: this.#name(gatewayLogId) }),
    };
  }

  #body(text: string, headers: Readonly<Record<string, string>>): string {
    return isJsonContentType(headers["content-type"]) ? this.#redactor.json(text) : this.#redactor.text(text);
  }

  #name(text: string): string {
    return this.#redactor.text(text).slice(0, LONGEST_NAME).toWellFormed();
  }

  #object(value: JsonObject): JsonObject {
    const json = JSON.stringify(value);
    const clean = this.#redactor.json(json);
    const object = clean === json ? value : tryParseJson(clean);
    return isObject(object) ? object : {};
  }
}

function byWeight([a]: [string, string], [b]: [string, string]): number {
  return weight(a) - weight(b);
}

function weight(name: string): number {
  return name === "content-type" ? 0 : name.startsWith("x-ratelimit-") ? 2 : 1;
}

function cut(text: string, most: number): string {
  return text.length > most ? `${text.slice(0, most).toWellFormed()}…` : text;
}
