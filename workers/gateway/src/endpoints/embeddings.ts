import type { Call } from "../request/context.ts";
import { serve } from "./generate.ts";

/** POST /v1/embeddings */
export function embeddings(call: Call): Promise<Response> {
  return serve(call, "embedding");
}
