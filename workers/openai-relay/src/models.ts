import type { ListedModel, ModelsRequest } from "@ai-proxy/shared/contract/relay";
import { isObject, tryParseJson } from "@ai-proxy/shared/json";
import { log } from "@ai-proxy/shared/log";
import { readBody } from "@ai-proxy/shared/upstream/fetch";
import type { Caller } from "./call.ts";

/** A list of models changes by the week, and a gateway's own answer should not wait for it long. Milliseconds. */
const FRESH_MS = 300_000;
const RETRY_MS = 30_000;
const DEADLINE_MS = 5_000;

const lists = new Map<string, { until: number; models: ListedModel[] }>();

/** What the upstream lists at GET /models, remembered for a while; empty when it does not say. */
export async function listModels(request: ModelsRequest, caller: Caller): Promise<ListedModel[]> {
  const name = request.upstream ?? "";
  const known = lists.get(name);
  if (known !== undefined && known.until > Date.now()) return known.models;
  try {
    const upstream = caller.upstreams.get(request.upstream);
    const answer = await caller.call({
      upstream,
      path: "/models",
      method: "GET",
      body: null,
      ids: request,
      firstByteMs: DEADLINE_MS,
    });
    const body = await readBody(answer, upstream.name, DEADLINE_MS);
    const { ok } = answer.response;
    const models = ok ? readModels(body) : [];
    lists.set(name, { until: Date.now() + (ok ? FRESH_MS : RETRY_MS), models });
    return models;
  } catch (thrown) {
    log("models_not_listed", { upstream: name, reason: thrown instanceof Error ? thrown.message : "unknown" });
    lists.set(name, { until: Date.now() + RETRY_MS, models: [] });
    return [];
  }
}

/** {"data": [{"id": "gpt-4o", "created": 1715367049, "owned_by": "system"}]} or (Together) the list alone. */
export function readModels(body: string): ListedModel[] {
  const parsed = tryParseJson(body);
  const list = isObject(parsed) ? parsed["data"] : parsed;
  if (!Array.isArray(list)) return [];
  return list.flatMap((entry) => {
    if (!isObject(entry) || typeof entry["id"] !== "string") return [];
    const { id, created, owned_by } = entry;
    return [{ id, ...(typeof created === "number" && { created }), ...(typeof owned_by === "string" && { owned_by }) }];
  });
}
