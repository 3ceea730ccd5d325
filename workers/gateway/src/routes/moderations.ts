import type { Call } from "../call.ts";
import { serve } from "../routing/serve.ts";

/** POST /v1/moderations: where the provider has such an API. */
export function moderations(call: Call): Promise<Response> {
  return serve(call, "moderation");
}
