/**
 * What the offline upstreams answer, for all three providers. Pure: no I/O, no
 * clock, no package, so that Node (aimock) and workerd (the Workers AI
 * emulator) share it and the same request always gets the same answer.
 *
 * The answer says that no model has read the prompt and repeats its last words;
 * it calls a tool when one is offered and the prompt asks for it, keeps to a
 * JSON schema when one is given, and ends where `stop` says.
 */
import { isObject } from "../shared/json.ts";
import { exampleOf } from "./schema-example.ts";

/** The part of an OpenAI chat request that a reply depends on; anything else in it is ignored. */
export interface ReplyRequest {
  messages: readonly ReplyMessage[];
  /** OpenAI's form `{type, function: {name, …}}`, or Workers AI's flat one `{name, …}`. */
  tools?: readonly unknown[] | undefined;
  /** OpenAI's `tool_choice`; "none" forbids a call, "required" or a named function forces one. */
  toolChoice?: unknown;
  /** The bare JSON schema of a structured answer; `true` for JSON of any shape. */
  jsonSchema?: unknown;
  /** OpenAI's `stop`: a text before which the answer ends, or a list of them. */
  stop?: unknown;
  /** The model's id; the text names it, and reasoning models think aloud. */
  model: string;
}

export interface ReplyMessage {
  role: string;
  content?: unknown;
}

export interface Reply {
  /** "" beside a tool call. */
  text: string;
  toolCall?: { name: string; arguments: Record<string, unknown> };
  reasoning?: string;
}

/** Models that show their reasoning, by what is usual in their names. */
const REASONING_MODEL = /gpt-oss|qwen3|qwq|deepseek-r1|kimi|glm-|gemini-(2\.5|3)|reason|think/;

/** Words of a prompt that ask for a tool, whatever the tool is called. */
const ASKS_FOR_TOOL = /\b(tool|function|call|use|weather|look up|search)\b/i;

/** Longest part of the prompt that is repeated, in characters. */
const ECHO_LIMIT = 200;

/**
 * @example
 * replyTo({ model: "gpt-4", messages: [{ role: "user", content: "Hello" }] })
 * // → { text: "This is the offline stand-in for gpt-4: no model has read your message. You wrote: “Hello”. …" }
 */
export function replyTo(request: ReplyRequest): Reply {
  const reply = unstoppedReply(request);
  return { ...reply, text: cutAtStop(reply.text, request.stop) };
}

function unstoppedReply(request: ReplyRequest): Reply {
  const { model } = request;
  const prompt = lastText(request.messages, "user");
  const reasoning = REASONING_MODEL.test(model)
    ? {
        reasoning: `The offline stand-in does not think, but ${model} would: the prompt has ${prompt.length} characters. `,
      }
    : {};
  const last = request.messages.at(-1);
  if (last !== undefined && (last.role === "tool" || last.role === "function")) {
    return { text: `${introduction(model)} The tool returned: ${shortened(textOf(last.content))}`, ...reasoning };
  }
  const tool = toolToCall(request, prompt);
  if (tool !== undefined)
    return { text: "", toolCall: { name: tool.name, arguments: argumentsFor(tool, prompt) }, ...reasoning };
  if (request.jsonSchema !== undefined) {
    const schema = request.jsonSchema === true ? { type: "object" } : request.jsonSchema;
    const example = exampleOf(schema, shortened(prompt));
    const value = request.jsonSchema === true ? { offline: true, model, prompt: shortened(prompt) } : example;
    return { text: JSON.stringify(value), ...reasoning };
  }
  return {
    text: `${introduction(model)} You wrote: “${shortened(prompt)}”. For a real answer, set a key (README.md) and start the mesh with ./run.sh --live.`,
    ...reasoning,
  };
}

function cutAtStop(text: string, stop: unknown): string {
  const stops = (Array.isArray(stop) ? stop : [stop]).filter((each) => typeof each === "string" && each !== "");
  const ends = stops.map((each) => text.indexOf(each)).filter((at) => at !== -1);
  return text.slice(0, Math.min(text.length, ...ends));
}

/** A text cut into the pieces of a stream, word by word; joined, they are the text again. Never inside a character. */
export function piecesOf(text: string): string[] {
  return text.split(/(?<=\s)(?=\S)/u);
}

/** Tokens of a text, roughly: four characters each. Enough for a usage figure that is not real. */
export function roughTokens(text: string): number {
  return Math.ceil(text.length / 4);
}

/** The text of a message's content: a string as it is, the text parts of a list one after the other. */
export function textOf(content: unknown): string {
  if (typeof content === "string") return content;
  if (!Array.isArray(content)) return "";
  return content
    .map((part: unknown) => (isObject(part) && typeof part["text"] === "string" ? part["text"] : ""))
    .join("");
}

interface Tool {
  name: string;
  description: string;
  parameters: unknown;
}

function introduction(model: string): string {
  return `This is the offline stand-in for ${model}: no model has read your message.`;
}

function lastText(messages: readonly ReplyMessage[], role: string): string {
  return textOf(messages.findLast((message) => message.role === role)?.content).trim();
}

function toolToCall({ tools = [], toolChoice }: ReplyRequest, prompt: string): Tool | undefined {
  const offered = tools.flatMap(readTool);
  if (toolChoice === "none") return undefined;
  const named = isObject(toolChoice) ? readTool(toolChoice)[0]?.name : undefined;
  if (named !== undefined) return offered.find((tool) => tool.name === named);
  const mentioned = offered.find((tool) => mentions(prompt, tool));
  if (mentioned !== undefined) return mentioned;
  return toolChoice === "required" || ASKS_FOR_TOOL.test(prompt) ? offered[0] : undefined;
}

function readTool(tool: unknown): Tool[] {
  if (!isObject(tool)) return [];
  const source = isObject(tool["function"]) ? tool["function"] : tool;
  const { name, description, parameters } = source;
  if (typeof name !== "string" || name === "") return [];
  return [{ name, description: typeof description === "string" ? description : "", parameters }];
}

/** The prompt holds the tool's name, or a word of it: "get_weather" is asked for by "the weather in Rome". */
function mentions(prompt: string, tool: Tool): boolean {
  const words = prompt.toLowerCase().split(/[^\p{L}\p{N}_]+/u);
  const parts = tool.name.toLowerCase().split(/[_.-]+/);
  return words.includes(tool.name.toLowerCase()) || parts.some((part) => part.length > 3 && words.includes(part));
}

function argumentsFor(tool: Tool, prompt: string): Record<string, unknown> {
  const example = exampleOf(tool.parameters ?? { type: "object" }, subjectOf(prompt));
  return isObject(example) ? example : {};
}

/** What the prompt is about, for a string argument: "the weather in Rome?" → "Rome"; else the prompt itself. */
function subjectOf(prompt: string): string {
  const place = /\b(?:in|for|of|about|at)\s+([^.,;:!?\n]{1,60})/i.exec(prompt)?.[1];
  return (place ?? shortened(prompt)).trim();
}

function shortened(text: string): string {
  const characters = [...text.slice(0, 2 * ECHO_LIMIT)];
  return characters.length > ECHO_LIMIT ? `${characters.slice(0, ECHO_LIMIT).join("")}…` : characters.join("");
}
