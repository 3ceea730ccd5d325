import type { Call } from "../call.ts";
import { serve } from "../routing/serve.ts";

/** POST /v1/embeddings */
export function embeddings(call: Call): Promise<Response> {
  return serve(call, "embedding");
}
