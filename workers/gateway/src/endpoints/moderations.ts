import type { Call } from "../request/context.ts";
import { serve } from "./generate.ts";

/** POST /v1/moderations: where the provider has such an API. */
export function moderations(call: Call): Promise<Response> {
  return serve(call, "moderation");
}
