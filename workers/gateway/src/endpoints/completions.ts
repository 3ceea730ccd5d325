import type { Call } from "../request/context.ts";
import { serve } from "./generate.ts";

/** POST /v1/completions */
export function completions(call: Call): Promise<Response> {
  return serve(call, "completion");
}
