import { type ApiError, badRequest } from "../errors.ts";

/**
 * For a tool, a choice or a call written as the Responses API has it, `{"type": "function", "name": …}`.
 * @param path where it stands: "tools[0]"
 */
export function missingFunction(path: string): ApiError {
  return badRequest(
    `${path}.function is missing: in a chat it is written {"type": "function", "function": {"name": …}}.`,
    `${path}.function`,
    "missing_required_parameter",
  );
}
