import { badRequest } from "@ai-proxy/shared/errors";
import type { ChatMessage } from "@ai-proxy/shared/formats/chat-request";
import { missingFunction } from "@ai-proxy/shared/formats/missing-function";
import { readCallArguments } from "@ai-proxy/shared/formats/tool-call-arguments";
import { isObject, type JsonObject } from "@ai-proxy/shared/json";
import { type PartReading, readContentParts, readContentTexts, textParts } from "./content-parts.ts";
import type { Content, Part } from "./gemini.ts";
import type { ModelTraits } from "./model.ts";
import { asText, objectsIn } from "./read.ts";
import { messageSignature, ownToolSteps, readCallId, SKIP_SIGNATURE, splitCallId } from "./signatures.ts";
import { ToolCallRegister } from "./tool-call-register.ts";
import { inOrderOfCalls, toFunctionResponse } from "./tool-results.ts";

export interface Conversation {
  contents: Content[];
  system: Part[];
}

/**
 * OpenAI's messages → Gemini's contents: user and model take turns,
 * consecutive messages of one side are joined, system and developer messages
 * stand apart in their order. Throws a 400 that names the message at fault.
 */
export function readMessages(messages: unknown, reading: PartReading): Conversation {
  if (!Array.isArray(messages)) throw badRequest("messages must be a list.", "messages", "invalid_type");
  const reader = new MessageReader(reading);
  messages.forEach((message: unknown, index) => {
    const path = `messages[${index}]`;
    if (!isObject(message)) throw badRequest(`${path} must be an object with a role.`, path, "invalid_type");
    reader.read(message, path);
  });
  return reader.conversation();
}

class MessageReader {
  readonly #reading: PartReading;
  readonly #traits: ModelTraits;
  readonly #contents: Content[] = [];
  readonly #system: Part[] = [];
  readonly #calls: ToolCallRegister;
  /** Results of calls, with the places of their calls. */
  readonly #results = new Map<Part, number>();

  constructor(reading: PartReading) {
    this.#reading = reading;
    this.#traits = reading.traits;
    this.#calls = new ToolCallRegister(reading.traits.takesCallIds);
  }

  conversation(): Conversation {
    const contents = this.#contents.map(({ role, parts }) => ({ role, parts: inOrderOfCalls(parts, this.#results) }));
    const system = this.#system;
    // Gemini refuses instructions without any turn, so they become the user's words.
    if (system.length > 0 && (contents.length === 0 || !this.#traits.takesInstructions)) {
      return { contents: withOpeningParts(system, contents), system: [] };
    }
    const [first] = contents;
    if (first === undefined) {
      throw badRequest("messages hold nothing to answer: all of them are empty.", "messages", "invalid_value");
    }
    // A call is a 400 at Gemini without a turn of the user's before it; OpenAI takes histories that were cut there.
    const calls = first.role === "model" && first.parts.some((part) => part.functionCall !== undefined);
    return { contents: calls ? withOpeningParts([{ text: " " }], contents) : contents, system };
  }

  read(message: ChatMessage, path: string): void {
    switch (message.role) {
      case "system":
      case "developer":
        for (const text of readContentTexts(message.content, `${path}.content`, this.#reading))
          this.#system.push(...textParts(text));
        break;
      case "user":
        this.#addTurn("user", readContentParts(message.content, `${path}.content`, this.#reading));
        break;
      case "assistant":
        this.#addTurn("model", this.#assistantParts(message, path));
        break;
      case "tool":
        this.#addTurn("user", [this.#toolResult(message, path)]);
        break;
      default:
        throw badRequest(
          `${path}.role must be system, developer, user, assistant or tool.`,
          `${path}.role`,
          "invalid_value",
        );
    }
  }

  #addTurn(role: Content["role"], parts: Part[]): void {
    if (parts.length === 0) return;
    const last = this.#contents.at(-1);
    if (last?.role === role) last.parts.push(...parts);
    else this.#contents.push({ role, parts });
  }

  #assistantParts(message: ChatMessage, path: string): Part[] {
    if (isObject(message.audio)) {
      throw badRequest("Earlier audio answers cannot be referred to at Gemini.", `${path}.audio`, "unsupported_value");
    }
    const steps = this.#traits.takesToolSteps ? ownToolSteps(message) : [];
    const said = [
      ...readContentParts(message.content, `${path}.content`, this.#reading),
      ...textParts(asText(message.refusal) ?? ""),
      ...this.#images(message, path),
    ];
    const calls = this.#calledParts(message.tool_calls, path);
    const signature = messageSignature(message);
    const carrier = said.findLast((part) => part.text !== undefined) ?? calls[0];
    if (signature !== undefined && carrier !== undefined) carrier.thoughtSignature ??= signature;
    const [first] = calls;
    // Gemini 3 signs the first of parallel calls, and answers 400 when it comes back without its signature.
    if (this.#traits.needsSignatures && first !== undefined) first.thoughtSignature ??= SKIP_SIGNATURE;
    if (this.#traits.needsAllSigned) for (const part of said) part.thoughtSignature ??= SKIP_SIGNATURE;
    return [...steps, ...said, ...calls];
  }

  /** Images of an earlier answer, in the form in which the client got them. */
  #images(message: ChatMessage, path: string): Part[] {
    const images = objectsIn(message["images"]);
    const parts = readContentParts(images, `${path}.images`, this.#reading);
    images.forEach((image, index) => {
      const signature = messageSignature(image);
      const part = parts[index];
      if (signature !== undefined && part !== undefined) part.thoughtSignature = signature;
    });
    return parts;
  }

  #calledParts(toolCalls: unknown, path: string): Part[] {
    if (toolCalls === undefined || toolCalls === null) return [];
    if (!Array.isArray(toolCalls))
      throw badRequest(`${path}.tool_calls must be a list.`, `${path}.tool_calls`, "invalid_type");
    this.#calls.beginMessage();
    return toolCalls.map((call: unknown, index) => {
      const at = `${path}.tool_calls[${index}]`;
      if (isObject(call) && call["type"] === "function" && !isObject(call["function"])) throw missingFunction(at);
      if (!isObject(call) || !isObject(call["function"])) {
        throw badRequest(
          `${at} must be a call of a function; custom tools have no counterpart at Gemini.`,
          at,
          "unsupported_value",
        );
      }
      return this.#callPart(call, call["function"], at);
    });
  }

  #callPart(call: JsonObject, called: JsonObject, path: string): Part {
    const name = asText(called["name"]);
    if (name === undefined || name === "") {
      throw badRequest(
        `${path}.function.name must be a string.`,
        `${path}.function.name`,
        "missing_required_parameter",
      );
    }
    const { id, signature } = readCallId(call);
    const known = this.#calls.add(name, id);
    return {
      functionCall: {
        name,
        args: readArguments(called["arguments"], path),
        ...(known.id !== undefined && { id: known.id }),
      },
      ...(signature !== undefined && { thoughtSignature: signature }),
    };
  }

  #toolResult(message: ChatMessage, path: string): Part {
    const { id } = splitCallId(asText(message.tool_call_id));
    const call = this.#calls.answer(id);
    if (call === undefined) {
      throw badRequest(
        `${path}.tool_call_id must be the id of a tool call in an assistant message before it.`,
        `${path}.tool_call_id`,
        "invalid_value",
      );
    }
    const part: Part = { functionResponse: toFunctionResponse(message, call, path, this.#reading) };
    this.#results.set(part, call.place);
    return part;
  }
}

/** The conversation, opened by these parts of the user's. */
function withOpeningParts(parts: Part[], contents: Content[]): Content[] {
  const [first, ...rest] = contents;
  if (first?.role !== "user") return [{ role: "user", parts }, ...contents];
  return [{ role: "user", parts: [...parts, ...first.parts] }, ...rest];
}

/** Broken arguments are a 400: without its call the result would be refused anyway. */
function readArguments(given: unknown, path: string): JsonObject {
  const args = readCallArguments(given);
  if (args !== undefined) return args;
  throw badRequest(
    `${path}.function.arguments must be the JSON text of an object.`,
    `${path}.function.arguments`,
    "invalid_value",
  );
}
