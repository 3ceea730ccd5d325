import { isObject, type JsonObject } from "../../shared/json.ts";
import type { ModelEntry } from "../../shared/registry/model.ts";

/** An error as Workers AI has it. */
export interface ModelError {
  code: number;
  description: string;
  status: number;
}

export function noSuchModel(model: string): ModelError {
  return { code: 5007, description: `No such model ${model} or task`, status: 400 };
}

/** The mistakes that the real schema refuses and that are easy to make; undefined when there are none. */
export function inputError(inputs: JsonObject, { features }: ModelEntry): ModelError | undefined {
  const { messages, prompt, tool_choice: choice, response_format: format, stream } = inputs;
  if (typeof prompt !== "string" && !Array.isArray(messages)) {
    return invalid(5006, "required properties at '/' are 'prompt' or 'messages'");
  }
  if (choice === "any") return invalid(8001, "Invalid input");
  if (features.includes("prompt") && isObject(format) && stream === true) {
    return invalid(5023, "JSON Schema mode is not supported with stream mode.");
  }
  // The native schema takes anything here; that of chat completions has OpenAI's envelope.
  const schema = isObject(format) && format["type"] === "json_schema" ? format["json_schema"] : undefined;
  if (!features.includes("prompt") && isObject(schema) && typeof schema["name"] !== "string") {
    return invalid(5006, "required properties at '/response_format/json_schema' are 'name'");
  }
  for (const [at, message] of (Array.isArray(messages) ? messages : []).entries()) {
    const content: unknown = isObject(message) ? message["content"] : undefined;
    if (typeof content !== "string" && !Array.isArray(content)) {
      return invalid(5006, `Type mismatch of '/messages/${at}/content', '${typeof content}' not in 'string'`);
    }
  }
  return undefined;
}

function invalid(code: number, description: string): ModelError {
  return { code, description, status: 400 };
}
