import { badRequest } from "@ai-proxy/shared/errors";
import { isObject, type JsonObject } from "@ai-proxy/shared/json";
import { at } from "./read.ts";

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
  responseModalities?: string[];
  imageConfig?: JsonObject;
  speechConfig?: JsonObject;
  mediaResolution?: string;
}

const isTexts = (value: unknown): value is string[] =>
  Array.isArray(value) && value.every((one) => typeof one === "string");
const isObjects = (value: unknown): value is JsonObject[] => Array.isArray(value) && value.every(isObject);
const isString = (value: unknown): value is string => typeof value === "string";

/** Each option with its check and what to say when it fails. */
const OPTIONS: { [Name in keyof Required<GoogleOptions>]: [(value: unknown) => boolean, string] } = {
  thinkingConfig: [isObject, "an object"],
  cachedContent: [isString, "a string"],
  safetySettings: [isObjects, "a list of objects"],
  tools: [isObjects, "a list of objects"],
  retrievalConfig: [isObject, "an object"],
  responseModalities: [isTexts, "a list of strings"],
  imageConfig: [isObject, "an object"],
  speechConfig: [isObject, "an object"],
  mediaResolution: [isString, "a string"],
};

export const GOOGLE_OPTION_NAMES: readonly string[] = Object.keys(OPTIONS);

/** `{"extra_body":{"google":{"thinking_config":{…}}}}` → `{thinkingConfig: {…}}`. Throws a 400 that names the option. */
export function readGoogleOptions(body: JsonObject): GoogleOptions {
  const options: GoogleOptions = {};
  const places: [string, unknown][] = [
    ["google", body["google"]],
    ["extra_body.google", at(body, "extra_body", "google")],
    ["extra_body.google", at(body, "extra_body", "extra_body", "google")],
  ];
  for (const [path, given] of places) {
    if (given === undefined || given === null) continue;
    if (!isObject(given)) throw badRequest(`${path} must be an object.`, path, "invalid_type");
    for (const [name, value] of Object.entries(given)) {
      if (value !== null) Object.assign(options, readOption(name, value, `${path}.${name}`));
    }
  }
  return options;
}

function readOption(given: string, value: unknown, path: string): GoogleOptions {
  const name = given.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
  if (!isOptionName(name)) {
    const known = GOOGLE_OPTION_NAMES.map(snakeCase).join(", ");
    throw badRequest(`${path} is not known; there are ${known}.`, path, "unknown_parameter");
  }
  const [check, shape] = OPTIONS[name];
  if (!check(value)) throw badRequest(`${path} must be ${shape}.`, path, "invalid_type");
  return { [name]: value };
}

function isOptionName(name: string): name is keyof GoogleOptions {
  return Object.hasOwn(OPTIONS, name);
}

export function snakeCase(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}
