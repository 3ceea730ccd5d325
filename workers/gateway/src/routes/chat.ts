import type { Call } from "../call.ts";
import { serve } from "../routing/serve.ts";

/** POST /v1/chat/completions */
export function chat(call: Call): Promise<Response> {
  return serve(call, "chat");
}
