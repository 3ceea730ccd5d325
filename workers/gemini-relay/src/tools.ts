import { badRequest } from "@ai-proxy/shared/errors";
import type { ChatRequest } from "@ai-proxy/shared/formats/chat-request";
import { missingFunction } from "@ai-proxy/shared/formats/missing-function";
import { isObject, type JsonObject } from "@ai-proxy/shared/json";
import type { FunctionCallingConfig, FunctionDeclaration } from "./gemini.ts";
import { asText, at, objectField, objectsIn, textField } from "./read.ts";
import { takesNothing, toGeminiSchema } from "./schema.ts";

/** Google's rule for names of functions. Source: discovery document, FunctionDeclaration.name. */
const FUNCTION_NAME = /^[A-Za-z_][\w.:-]{0,127}$/;

export interface ToolFields {
  tools?: JsonObject[];
  toolConfig?: JsonObject;
}

/** `tools`, `tool_choice` and `web_search_options` → tools and toolConfig. Throws a 400 that names the tool at fault. */
export function readTools(body: ChatRequest): ToolFields {
  const functions = functionDeclarations(body.tools);
  const names = functions.map(({ name }) => name);
  const calling = callingConfig(body.tool_choice, names);
  const tools: JsonObject[] = [];
  if (functions.length > 0) tools.push({ functionDeclarations: functions });
  if (objectField(body, "web_search_options") !== undefined) tools.push({ googleSearch: {} });
  return {
    ...(tools.length > 0 && { tools }),
    ...(calling !== null && { toolConfig: { functionCallingConfig: calling } }),
  };
}

function functionDeclarations(tools: unknown): FunctionDeclaration[] {
  if (tools === undefined || tools === null) return [];
  if (!Array.isArray(tools)) throw badRequest("tools must be a list.", "tools", "invalid_type");
  return tools.map((tool: unknown, index) => {
    const path = `tools[${index}]`;
    if (isObject(tool) && tool["type"] === "function") {
      if (!isObject(tool["function"])) throw missingFunction(path);
      return functionDeclaration(tool["function"], `${path}.function`);
    }
    throw badRequest(
      `${path} must be of type function; Google's own tools go into extra_body.google.tools.`,
      `${path}.type`,
      "unsupported_value",
    );
  });
}

/** `strict` has no counterpart: Gemini holds calls to the schema by itself. */
function functionDeclaration(declared: JsonObject, path: string): FunctionDeclaration {
  const name = asText(declared["name"]) ?? "";
  if (!FUNCTION_NAME.test(name)) {
    throw badRequest(
      `${path}.name must begin with a letter or _ and have only letters, digits and _ . : - after it (128 at most).`,
      `${path}.name`,
      "invalid_value",
    );
  }
  const description = textField(declared, "description", `${path}.description`);
  const parameters = declared["parameters"];
  const param = `${path}.parameters`;
  if (parameters !== undefined && parameters !== null && !isObject(parameters)) {
    throw badRequest(`${param} must be a JSON Schema object.`, param, "invalid_type");
  }
  const schema = isObject(parameters) ? toGeminiSchema(parameters, param) : {};
  return {
    name,
    ...(description !== undefined && description !== "" && { description }),
    ...(!takesNothing(schema) && { parametersJsonSchema: schema }),
  };
}

/**
 * OpenAI's tool_choice → functionCallingConfig; null leaves it to Gemini (AUTO).
 * "none" → NONE, "required" → ANY, a named one → ANY with its name,
 * allowed_tools → ANY (required) or VALIDATED (auto: AUTO takes no names).
 * "validated" is Google's own, and Cursor's. Source: BerriAI/litellm issue 21067
 */
function callingConfig(choice: unknown, names: string[]): FunctionCallingConfig | null {
  if (choice === undefined || choice === null || choice === "auto") return null;
  if (choice === "none") return names.length > 0 ? { mode: "NONE" } : null;
  if (names.length === 0) {
    throw badRequest("tool_choice can only be given together with tools.", "tool_choice", "invalid_value");
  }
  if (choice === "required") return { mode: "ANY" };
  if (choice === "validated") return { mode: "VALIDATED" };
  if (isObject(choice) && choice["type"] === "function") {
    return {
      mode: "ANY",
      allowedFunctionNames: [
        knownName(at(choice, "function", "name") ?? choice["name"], names, "tool_choice.function.name"),
      ],
    };
  }
  if (isObject(choice) && choice["type"] === "allowed_tools") return allowedTools(choice["allowed_tools"], names);
  throw badRequest(
    "tool_choice must be none, auto, required, validated, a function by name, or allowed_tools.",
    "tool_choice",
    "invalid_value",
  );
}

function allowedTools(allowed: unknown, names: string[]): FunctionCallingConfig {
  const path = "tool_choice.allowed_tools";
  const mode = at(allowed, "mode");
  if (mode !== "auto" && mode !== "required") {
    throw badRequest(`${path}.mode must be auto or required.`, `${path}.mode`, "invalid_value");
  }
  const allowedFunctionNames = objectsIn(at(allowed, "tools")).map((tool, index) =>
    knownName(at(tool, "function", "name") ?? tool["name"], names, `${path}.tools[${index}].function.name`),
  );
  if (allowedFunctionNames.length === 0) {
    throw badRequest(`${path}.tools must name at least one of the tools.`, `${path}.tools`, "invalid_value");
  }
  return { mode: mode === "required" ? "ANY" : "VALIDATED", allowedFunctionNames };
}

function knownName(name: unknown, names: string[], param: string): string {
  const text = asText(name);
  if (text !== undefined && names.includes(text)) return text;
  throw badRequest(`${param} must be the name of one of the tools.`, param, "invalid_value");
}
