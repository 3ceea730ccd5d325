import { badRequest } from "@ai-proxy/shared/errors";
import { isObject, type JsonObject } from "@ai-proxy/shared/json";
import { tooLarge } from "../request.ts";

/**
 * Tool definitions as OpenAI's models read them: a TypeScript namespace behind
 * the system message's text.
 * Source: openai/harmony, src/encoding.rs (template_tools_section, json_schema_to_typescript).
 *
 *     {name: "add", description: "Adds.", parameters: {properties: {a: {type: "integer"}}, …}}
 *     → // Adds.
 *       type add = (_: {
 *       a?: number,
 *       }) => any;
 */
export function toolDefinitionsText(tools: unknown[]): string {
  const blanks = new Blanks();
  const definitions = tools.map((tool, at) => definition(tool, `tools[${at}]`, blanks));
  return `\n\n# Tools\n\n## functions\n\nnamespace functions {\n\n${definitions.join("\n")}\n} // namespace functions`;
}

/**
 * The tools as JSON, as other models read them. Throws a 413 where the lines'
 * indentation would be far more than what was sent.
 * @param indent blanks a level; 0 for JSON on one line
 */
export function toolsJson(tools: unknown[], indent: number): string {
  if (indent > 0) addIndentation(tools, indent, new Blanks());
  return JSON.stringify(tools, null, indent);
}

function addIndentation(value: unknown, blanks: number, sum: Blanks): void {
  if (typeof value !== "object" || value === null) return;
  const members = Object.values(value);
  sum.add(members.length * blanks);
  for (const member of members) addIndentation(member, blanks + 4, sum);
}

/** Blanks that the layout of tools adds at most: strangers nest them, and each line of a level begins with its indentation. */
const MOST_BLANKS = 8 * 1024 * 1024;

class Blanks {
  #left = MOST_BLANKS;

  add(blanks: number): void {
    this.#left -= blanks;
    if (this.#left < 0) throw tooLarge("The tools have too many levels and members to be counted.", "tools");
  }
}

function definition(tool: unknown, path: string, blanks: Blanks): string {
  if (!isObject(tool)) throw badRequest(`${path} must be an object.`, path);
  const declared = tool["function"] ?? tool["custom"];
  if (!isObject(declared)) throw badRequest(`${path}.function must be an object.`, `${path}.function`);
  const { name, description, parameters } = declared;
  if (typeof name !== "string") throw badRequest(`${path}.function.name must be a string.`, `${path}.function.name`);
  const hasParameters =
    isObject(parameters) && isObject(parameters["properties"]) && Object.keys(parameters["properties"]).length > 0;
  return `${descriptionComment(description)}type ${name} = (${hasParameters ? `_: ${typeScriptType(parameters, "", 0, blanks)}` : ""}) => any;\n`;
}

/** What stands above a definition that is described. */
export function descriptionComment(description: unknown): string {
  return typeof description === "string" && description !== "" ? `// ${description}\n` : "";
}

/** Deeper schemas are no longer followed: strangers write them. */
const DEEPEST = 32;

function typeScriptType(schema: unknown, indent: string, depth: number, blanks: Blanks): string {
  if (!isObject(schema) || depth > DEEPEST) return "any";
  const alternatives = schema["anyOf"] ?? schema["oneOf"];
  if (Array.isArray(alternatives)) {
    return alternatives.map((alternative) => typeScriptType(alternative, indent, depth + 1, blanks)).join(" | ");
  }
  const { type } = schema;
  if (Array.isArray(schema["enum"])) return schema["enum"].map((value) => JSON.stringify(value)).join(" | ");
  if (Array.isArray(type)) return type.map((name) => (name === "integer" ? "number" : String(name))).join(" | ");
  switch (type) {
    case "object":
      return objectType(schema, indent, depth, blanks);
    case "array":
      return schema["items"] === undefined
        ? "any[]"
        : `${typeScriptType(schema["items"], indent, depth + 1, blanks)}[]`;
    case "integer":
      return "number";
    case "string":
    case "number":
    case "boolean":
    case "null":
      return type;
    default:
      return "any";
  }
}

function objectType(schema: JsonObject, indent: string, depth: number, blanks: Blanks): string {
  const { properties, required } = schema;
  const requiredNames = new Set(Array.isArray(required) ? required : []);
  const entries = Object.entries(isObject(properties) ? properties : {});
  // A line for the property, one for its description, two for its title.
  blanks.add(entries.length * 4 * indent.length);
  const members = entries.map(([name, property]) => {
    const type = typeScriptType(property, `${indent}    `, depth + 1, blanks);
    return {
      comments: comments(property, indent),
      text: `${name}${requiredNames.has(name) ? "" : "?"}: ${type}`,
      property,
    };
  });
  // As recorded: one line, where no property has something to say.
  if (members.every(({ comments }) => comments === "")) return `{${members.map(({ text }) => text).join(", ")}}`;
  const lines = members.map(
    ({ comments, text, property }) => `${comments}${indent}${text},${defaultComment(property)}\n`,
  );
  return `{\n${lines.join("")}${indent}}`;
}

function comments(property: unknown, indent: string): string {
  if (!isObject(property)) return "";
  const { title, description } = property;
  return [
    typeof title === "string" ? `${indent}// ${title}\n${indent}//\n` : "",
    typeof description === "string" ? `${indent}// ${description}\n` : "",
  ].join("");
}

function defaultComment(property: unknown): string {
  if (!isObject(property) || property["default"] === undefined) return "";
  return ` // default: ${JSON.stringify(property["default"])}`;
}

/** How many unions (anyOf, oneOf) the tools' parameters have. */
export function unions(tools: unknown[]): number {
  return JSON.stringify(tools).split(/"(?:anyOf|oneOf)":\[/).length - 1;
}
