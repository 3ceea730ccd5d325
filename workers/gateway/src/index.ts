import { handle } from "./handle.ts";

export { TrustedGateway } from "./trusted.ts";

/** The public side: HTTP with a token. */
export default {
  fetch: (request, env, ctx) => handle(request, env, ctx, { kind: "external" }),
} satisfies ExportedHandler<Env>;
