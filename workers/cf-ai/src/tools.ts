import { badRequest } from "@ai-proxy/shared/errors";
import type { ChatRequest } from "@ai-proxy/shared/formats/chat-request";
import { missingFunction } from "@ai-proxy/shared/formats/missing-function";
import { isObject, type JsonObject } from "@ai-proxy/shared/json";
import type { Dialect } from "./dialect.ts";

interface FunctionTool {
  type: "function";
  function: JsonObject & { name: string };
}

/**
 * `tools` and `tool_choice` for Workers AI, absent where the client gave none.
 * Names, descriptions and schemas stay as they are. An absent description stays
 * absent (`false` or null is an 8001); absent parameters become an empty schema,
 * which Workers AI requires.
 */
export function toWorkersAiTools(body: ChatRequest, dialect: Dialect): JsonObject {
  const given = body.tools;
  if (given !== undefined && given !== null && !Array.isArray(given)) {
    throw badRequest("tools must be a list.", "tools", "invalid_type");
  }
  if (given === undefined || given === null || given.length === 0) return withoutTools(body.tool_choice);
  const tools = given.map((tool: unknown, at) => functionTool(tool, `tools[${at}]`, dialect));
  return withChoice(tools, body.tool_choice);
}

/** Without tools a choice may be none or auto; any other demands a call that cannot be made. */
function withoutTools(choice: unknown): JsonObject {
  if (choice === undefined || choice === null || choice === "auto" || choice === "none") return {};
  throw badRequest("tool_choice is only allowed when tools are specified.", "tool_choice", "invalid_value");
}

function functionTool(tool: unknown, path: string, dialect: Dialect): FunctionTool {
  const isFunction = isObject(tool) && tool["type"] === "function";
  const source = isFunction ? tool["function"] : undefined;
  if (isFunction && !isObject(source)) throw missingFunction(path);
  if (!isObject(source)) {
    throw badRequest(
      `${path} must be {"type": "function", "function": {"name": …}}: Workers AI knows no other tools.`,
      path,
      "unsupported_value",
    );
  }
  const { name, description, parameters, strict } = source;
  if (typeof name !== "string" || name === "") {
    throw badRequest(`${path}.function.name must be a string.`, `${path}.function.name`, "invalid_type");
  }
  if (parameters !== undefined && parameters !== null && !isObject(parameters)) {
    throw badRequest(
      `${path}.function.parameters must be a JSON schema.`,
      `${path}.function.parameters`,
      "invalid_type",
    );
  }
  return {
    type: "function",
    function: {
      name,
      ...(typeof description === "string" && { description }),
      parameters: withProperties(parameters ?? {}),
      ...(dialect.schema !== "native" && typeof strict === "boolean" && { strict }),
    },
  };
}

/** The schema requires type and properties at the top, also of a function without parameters. */
function withProperties(schema: JsonObject): JsonObject {
  const combines = "$ref" in schema || "anyOf" in schema || "oneOf" in schema || "allOf" in schema;
  if (combines || (schema["type"] !== undefined && schema["type"] !== "object")) return schema;
  if (isObject(schema["properties"]) && schema["type"] === "object") return schema;
  return { ...schema, type: "object", properties: isObject(schema["properties"]) ? schema["properties"] : {} };
}

/**
 * "auto", "none", "required" and the named form go through as they are: Workers AI enforces the named
 * form and answers 8001 to "any". `allowed_tools` becomes its mode over the tools that it allows.
 */
function withChoice(tools: FunctionTool[], choice: unknown): JsonObject {
  if (choice === undefined || choice === null) return { tools };
  if (choice === "auto" || choice === "none" || choice === "required") return { tools, tool_choice: choice };
  if (isObject(choice) && choice["type"] === "function") {
    if (!isObject(choice["function"])) throw missingFunction("tool_choice");
    const { name } = choice["function"];
    if (typeof name !== "string" || !tools.some((tool) => tool.function.name === name)) {
      throw badRequest(
        "tool_choice.function.name must be one of the tools.",
        "tool_choice.function.name",
        "invalid_value",
      );
    }
    return { tools, tool_choice: { type: "function", function: { name } } };
  }
  if (isObject(choice) && choice["type"] === "allowed_tools" && isObject(choice["allowed_tools"])) {
    return allowedTools(tools, choice["allowed_tools"]);
  }
  throw badRequest(
    'tool_choice must be "auto", "none", "required", {"type": "function", …} or {"type": "allowed_tools", …}.',
    "tool_choice",
    "invalid_value",
  );
}

function allowedTools(tools: FunctionTool[], { mode, tools: allowed }: JsonObject): JsonObject {
  const names = new Set(
    (Array.isArray(allowed) ? allowed : []).map((tool: unknown) => {
      const source = isObject(tool) && isObject(tool["function"]) ? tool["function"] : tool;
      return isObject(source) ? source["name"] : undefined;
    }),
  );
  const kept = tools.filter((tool) => names.has(tool.function.name));
  if (kept.length === 0) {
    throw badRequest("tool_choice.allowed_tools.tools must name some of the tools.", "tool_choice.allowed_tools.tools");
  }
  return { tools: kept, tool_choice: mode === "required" ? "required" : "auto" };
}
