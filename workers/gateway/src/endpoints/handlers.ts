import type { Grant } from "../access/admit.ts";
import type { RequestContext } from "../request/context.ts";
import type { Answer } from "../serving/respond.ts";
import { generate } from "./generate.ts";
import { modelOptions } from "./model-options.ts";
import { getModel, listModels } from "./models.ts";
import { routeCheck } from "./route-check.ts";
import type { ModelEndpoint, OpenEndpoint, OwnEndpoint } from "./table.ts";
import { detokenize, tokenize } from "./tokenize.ts";

/** @param id the end of the path, where that is an id */
type Handler = (context: RequestContext, grant: Grant, id: string) => Promise<Answer>;

/** The code behind the table's endpoints that want an admitted caller. */
const HANDLERS: Record<OwnEndpoint["handler"], Handler> = {
  tokenize,
  detokenize,
  listModels,
  getModel: (context, _grant, id) => getModel(context, id),
  modelOptions,
  routeCheck,
};

/** The code behind those that want none. */
const OPEN_HANDLERS: Record<OpenEndpoint["handler"], () => Response> = {
  health: () => Response.json({ status: "ok" }),
};

/** Answers a request of an admitted caller. */
export function answerAt(
  endpoint: OwnEndpoint | ModelEndpoint,
  context: RequestContext,
  grant: Grant,
  id: string,
): Promise<Answer> {
  if (endpoint.handler === "generate") return generate(context, grant, endpoint);
  return HANDLERS[endpoint.handler](context, grant, id);
}

export function answerOpenly(endpoint: OpenEndpoint): Response {
  return OPEN_HANDLERS[endpoint.handler]();
}
