import type { Grant } from "../access/admit.ts";
import { withKnown } from "../record/outcome.ts";
import { readJson } from "../request/body.ts";
import type { RequestContext } from "../request/context.ts";
import { validate } from "../request/schemas.ts";
import { execute } from "../routing/execute.ts";
import { makePlan } from "../routing/plan.ts";
import { executeIo, wantsStream } from "../serving/ask-relay.ts";
import { planInput } from "../serving/plan-input.ts";
import { type Answer, respond } from "../serving/respond.ts";
import type { ModelEndpoint } from "./table.ts";

/** Any endpoint that a model answers: body in, plan, attempts, answer out. */
export async function generate(context: RequestContext, grant: Grant, endpoint: ModelEndpoint): Promise<Answer> {
  const { text, value } = await readJson(context.request, context.settings.maxBodyBytes);
  const body = validate(endpoint.schema, value);
  const known = { modelAsked: body.model ?? null, stream: wantsStream(body) };
  return withKnown(known, async () => {
    const plan = makePlan(await planInput(context, grant, endpoint, body));
    const io = executeIo(context, { method: endpoint.relayMethod, text, body });
    const { reply, target, attempts } = await execute(plan, io);
    const { response, outcome } = respond(context, {
      reply,
      provider: target.provider.name,
      model: target.model,
      attempts,
    });
    return { response, outcome: { ...known, ...outcome } };
  });
}
