import { badRequest } from "@ai-proxy/shared/errors";
import { isObject, type JsonObject } from "@ai-proxy/shared/json";
import { at, objectField } from "./read.ts";

/**
 * What OpenAI has no field for, as Google's own OpenAI endpoint takes it:
 * `extra_body.google.…` (SDKs nest it twice when it is given as extra_body), or
 * `google.…` directly. Names in snake_case or camelCase; the values are
 * Gemini's and go as they are.
 */
export interface GoogleOptions {
  thinkingConfig?: JsonObject;
  cachedContent?: string;
  safetySettings?: JsonObject[];
  /** Google's own tools: googleSearch, codeExecution, urlContext, … */
  tools?: JsonObject[];
  retrievalConfig?: JsonObject;
  /** Shows the steps of Google's own tools; needed to have them beside functions. */
  includeServerSideToolInvocations?: boolean;
  responseModalities?: string[];
  imageConfig?: JsonObject;
  speechConfig?: JsonObject;
  mediaResolution?: string;
}

const isTexts = (value: unknown): value is string[] =>
  Array.isArray(value) && value.every((one) => typeof one === "string");
const isObjects = (value: unknown): value is JsonObject[] => Array.isArray(value) && value.every(isObject);
const isString = (value: unknown): value is string => typeof value === "string";
const isFlag = (value: unknown): value is boolean => typeof value === "boolean";

/** Each option with its check and what to say when it fails. */
const OPTIONS: { [Name in keyof Required<GoogleOptions>]: [(value: unknown) => boolean, string] } = {
  thinkingConfig: [
    isThinkingConfig,
    "an object with a thinking_budget (Gemini 2.5) or a thinking_level (Gemini 3), not both",
  ],
  cachedContent: [isString, "a string"],
  safetySettings: [isObjects, "a list of objects"],
  tools: [isObjects, "a list of objects"],
  retrievalConfig: [isObject, "an object"],
  includeServerSideToolInvocations: [isFlag, "true or false"],
  responseModalities: [isTexts, "a list of strings"],
  imageConfig: [isObject, "an object"],
  speechConfig: [isObject, "an object"],
  mediaResolution: [isString, "a string"],
};

/** What `extra_body` may hold. It holds another one when a client names the field in its SDK's option of that name. */
const EXTRA_BODY = new Set(["google", "extra_body"]);

export const GOOGLE_OPTION_NAMES: readonly string[] = Object.keys(OPTIONS);

/** Options about how Google's own OpenAI endpoint writes thoughts; here they are reasoning_content. */
const OF_NO_USE = new Set(["thoughtTagMarker"]);

/**
 * `{"extra_body":{"google":{"thinking_config":{…}}}}` → `{thinkingConfig: {…}}`. Throws a 400 that names the option.
 * @param ignored gets the names of what is not used
 */
export function readGoogleOptions(body: JsonObject, ignored: string[]): GoogleOptions {
  const options: GoogleOptions = {};
  for (const { name, value, path } of listGivenOptions(body, ignored)) {
    if (OF_NO_USE.has(camelCase(name))) ignored.push(name);
    else Object.assign(options, readOption(name, value, path));
  }
  return options;
}

/** An option of the client's, by its name as given, and where it stands. */
export interface GivenOption {
  name: string;
  value: unknown;
  path: string;
}

/**
 * What stands in any of the places that SDKs put Google's options; null counts as absent.
 * @param ignored gets "extra_body" when it holds something for others
 */
export function listGivenOptions(body: JsonObject, ignored: string[]): GivenOption[] {
  const extra = objectField(body, "extra_body") ?? {};
  const places: [string, unknown][] = [
    ["google", body["google"]],
    ["extra_body.google", extra["google"]],
    ["extra_body.google", at(extra, "extra_body", "google")],
  ];
  if (Object.keys({ ...extra, ...objectField(extra, "extra_body") }).some((name) => !EXTRA_BODY.has(name)))
    ignored.push("extra_body");
  return places.flatMap(([path, given]) => {
    if (given === undefined || given === null) return [];
    if (!isObject(given)) throw badRequest(`${path} must be an object.`, path, "invalid_type");
    return Object.entries(given)
      .filter(([, value]) => value !== null)
      .map(([name, value]) => ({ name, value, path: `${path}.${name}` }));
  });
}

function readOption(given: string, value: unknown, path: string): GoogleOptions {
  const name = camelCase(given);
  if (!isOptionName(name)) {
    const known = GOOGLE_OPTION_NAMES.map(snakeCase).join(", ");
    throw badRequest(`${path} is not known; there are ${known}.`, path, "unknown_parameter");
  }
  const [check, shape] = OPTIONS[name];
  if (!check(value)) throw badRequest(`${path} must be ${shape}.`, path, "invalid_type");
  return { [name]: value };
}

/** Gemini answers 400 to a budget and a level together. */
function isThinkingConfig(value: unknown): boolean {
  if (!isObject(value)) return false;
  const { thinkingBudget, thinkingLevel } = inCamelCase(value);
  return thinkingBudget === undefined || thinkingLevel === undefined;
}

function isOptionName(name: string): name is keyof GoogleOptions {
  return Object.hasOwn(OPTIONS, name);
}

export function camelCase(name: string): string {
  return name.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
}

/** `{"thinking_budget": 5, "thinking_level": null}` → `{thinkingBudget: 5}`: null counts as absent */
export function inCamelCase(values: JsonObject): JsonObject {
  const given = Object.entries(values).filter(([, value]) => value !== null);
  return Object.fromEntries(given.map(([name, value]) => [camelCase(name), value]));
}

export function snakeCase(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}
