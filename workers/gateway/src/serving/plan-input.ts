import type { Grant } from "../access/admit.ts";
import type { RequestContext } from "../request/context.ts";
import type { Routed } from "../request/schemas.ts";
import type { PlanInput } from "../routing/plan.ts";
import { circuit } from "../routing/target-health.ts";
import { knownProviders } from "./providers.ts";

/** What an endpoint wants of a provider; a row of the table of endpoints is one. */
type Wanted = Pick<PlanInput, "kind" | "title">;

/** For endpoints where no model answers, but a chat's provider is meant. */
export const CHAT: Wanted = { kind: "chat", title: "chats" };

/** All that decides where a request goes. */
export async function planInput(
  context: Pick<RequestContext, "env" | "settings" | "session" | "request">,
  grant: Grant,
  { kind, title }: Wanted,
  body: Routed,
): Promise<PlanInput> {
  const { settings, session } = context;
  return {
    body,
    kind,
    title,
    providers: await knownProviders(context, body),
    defaultProvider: settings.defaultProvider,
    policy: settings.policy,
    ...(grant.limits !== undefined && { callerLimits: grant.limits }),
    sessionId: session.id,
    random: Math.random,
    circuit,
  };
}
