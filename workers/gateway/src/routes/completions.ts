import type { Call } from "../call.ts";
import { serve } from "../routing/serve.ts";

/** POST /v1/completions */
export function completions(call: Call): Promise<Response> {
  return serve(call, "completion");
}
