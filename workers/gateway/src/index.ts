import { handle } from "./entry/handle.ts";

export { TrustedGateway } from "./entry/trusted.ts";

/** The public side: HTTP with a token. */
export default {
  fetch: (request, env, ctx) => handle(request, env, ctx, { kind: "external" }),
} satisfies ExportedHandler<Env>;
