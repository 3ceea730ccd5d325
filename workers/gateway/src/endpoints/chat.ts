import type { Call } from "../request/context.ts";
import { serve } from "./generate.ts";

/** POST /v1/chat/completions */
export function chat(call: Call): Promise<Response> {
  return serve(call, "chat");
}
