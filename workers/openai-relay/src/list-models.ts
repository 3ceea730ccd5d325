import type { ListedModel, ModelsRequest } from "@ai-proxy/shared/contract/relay";
import { isObject, tryParseJson, type Unchecked } from "@ai-proxy/shared/json";
import { log } from "@ai-proxy/shared/log";
import { Attempt } from "@ai-proxy/shared/upstream/attempt";
import { readBody } from "@ai-proxy/shared/upstream/fetch";
import { sendUpstream } from "@ai-proxy/shared/upstream/provider-api";
import type { Model } from "openai/resources/models";
import { bodyReading, requestTo } from "./send.ts";
import type { Upstreams } from "./upstreams.ts";

/** A list of models changes by the week, and a gateway's own answer should not wait for it long. Milliseconds. */
const FRESH_MS = 300_000;
const RETRY_MS = 30_000;
const DEADLINE_MS = 5_000;

/** One call carries no list without end. OpenRouter has 400 models, Hugging Face's router some thousands. */
const MOST_MODELS = 10_000;
const LONGEST_NAME = 256;

const lists = new Map<string, { until: number; models: ListedModel[] }>();

/** What the upstream lists at GET /models, remembered for a while; empty when it does not say. */
export async function listModels(request: ModelsRequest, upstreams: Upstreams): Promise<ListedModel[]> {
  const name = request.upstream ?? "";
  const known = lists.get(name);
  if (known !== undefined && known.until > Date.now()) return known.models;
  try {
    const upstream = upstreams.get(request.upstream);
    const attempt = new Attempt({ ...request, deadlines: { firstByteMs: DEADLINE_MS } });
    const answer = await sendUpstream(
      attempt,
      upstream,
      requestTo(upstream, { path: "/models", method: "GET", body: null }),
    );
    const body = attempt.exit.json(await readBody(answer, bodyReading(attempt, upstream)));
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
  return Array.isArray(list) ? list.filter(isObject).slice(0, MOST_MODELS).flatMap(readModel) : [];
}

function isName(value: unknown): value is string {
  return typeof value === "string" && value.length <= LONGEST_NAME;
}

function readModel({ id, created, owned_by }: Unchecked<Model>): ListedModel[] {
  if (!isName(id)) return [];
  return [{ id, ...(typeof created === "number" && { created }), ...(isName(owned_by) && { owned_by }) }];
}
