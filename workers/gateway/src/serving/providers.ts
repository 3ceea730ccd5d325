import type { ListedModel, RelayStatus, UpstreamStatus } from "@ai-proxy/shared/contract/relay";
import { ApiError } from "@ai-proxy/shared/errors";
import { log } from "@ai-proxy/shared/log";
import { providers as builtIn, findProvider, mayNameUpstream, upstreamProvider } from "@ai-proxy/shared/registry";
import type { ProviderEntry } from "@ai-proxy/shared/registry/model";
import type { RequestContext } from "../request/context.ts";
import type { Routed } from "../request/schemas.ts";
import type { KnownProviders } from "../routing/choose.ts";
import { misconfigured } from "../settings/misconfigured.ts";
import type { Policy } from "../settings/routing-policy.ts";
import type { Settings } from "../settings/settings.ts";
import { askSibling } from "./ask-sibling.ts";
import { isModelList, isRelayStatus } from "./check-reply.ts";

/** How long a relay's list of upstreams is believed, milliseconds. */
const FRESH_MS = 60_000;

/** A relay that does not tell its upstreams by then counts as one that cannot be reached. Milliseconds. */
const STATUS_MS = 2_000;

/** Asking a provider for its models takes its relay 5 s at most. Milliseconds. */
const LIST_MS = 6_000;

/** What a question to a relay needs of its request: its client may leave. */
type Asking = Pick<RequestContext, "env" | "settings" | "request">;

/** The provider whose relay serves the owner's upstreams. */
const host = builtIn.find(({ hostsUpstreams }) => hostsUpstreams);

/** What the relay says of the upstreams that the owner has configured. */
interface Upstreams {
  entries: ProviderEntry[];
  /** Why it cannot read the owner's list. */
  problem: string | undefined;
}

let remembered: (Upstreams & { until: number }) | null = null;

/** A relay that hangs is not asked again for so long, or each request would wait for it. Milliseconds. */
const HANGS_MS = 10_000;

/** Until when it is taken to hang; milliseconds since the epoch. */
let hangsUntil = 0;

/**
 * The providers that a request can be sent to. Their relay is asked for the owner's upstreams only where one can be
 * meant. A relay that does not answer (502) or cannot read the owner's list (503) fails the requests that mean one.
 */
export async function knownProviders(asking: Asking, body: Routed): Promise<KnownProviders> {
  const { settings } = asking;
  if (settings.policy.upstreamKeys.length === 0 && !mayMeanUpstream(settings, body))
    return { entries: builtIn, missing: null };
  const upstreams = await checkedUpstreams(asking);
  if (upstreams === null) return { entries: builtIn, missing: relayUnavailable() };
  const { entries, problem } = upstreams;
  return { entries: [...builtIn, ...entries], missing: problem === undefined ? null : misconfigured(problem) };
}

/** Whether the request, or what the owner has set for it, may name a provider that is not built in. */
function mayMeanUpstream({ defaultProvider, policy }: Settings, body: Routed): boolean {
  if (policy.namesUpstreams) return true;
  const wanted = [body, ...(body.fallbacks ?? [])];
  return wanted.some((item) => {
    const { provider, model }: Pick<Routed, "provider" | "model"> = typeof item === "string" ? { model: item } : item;
    const isDefault = !provider && (!model || model === "default");
    return mayNameUpstream(isDefault ? { provider: defaultProvider } : { provider, model });
  });
}

function relayUnavailable(): ApiError {
  return new ApiError({
    status: 502,
    message: "The relay that knows the configured upstreams could not be reached.",
    code: "relay_unavailable",
  });
}

/** Every provider: those built in, then the upstreams that the owner has configured, as far as that can be found out. */
export async function allProviders(asking: Asking): Promise<readonly ProviderEntry[]> {
  return [...builtIn, ...((await checkedUpstreams(asking))?.entries ?? [])];
}

/** What each provider itself lists, by provider name; empty where it cannot say. Its relay remembers it. */
export async function liveLists(
  context: Asking & Pick<RequestContext, "requestId" | "session">,
): Promise<ReadonlyMap<string, ListedModel[]>> {
  const { env, requestId, session } = context;
  const asked = (await allProviders(context)).filter(({ listsModels }) => listsModels);
  const lists = asked.map(async ({ name, binding, upstream }) => {
    const ids = { requestId, sessionId: session.id, ...(upstream !== undefined && { upstream }) };
    const list = askSibling(context.request, {
      worker: "relay",
      timeoutMs: LIST_MS,
      isReply: isModelList,
      ask: () => env[binding].models?.(ids),
    });
    return [name, await list.catch(unlessClientLeft([]))] as const;
  });
  return new Map(await Promise.all(lists));
}

/** The owner's upstreams; null when the relay does not answer. Throws a 503 for a name in ROUTING that is nobody's. */
async function checkedUpstreams(asking: Asking): Promise<Upstreams | null> {
  const upstreams = await configuredUpstreams(asking);
  if (upstreams !== null && upstreams.problem === undefined) checkKeys(asking.settings.policy, upstreams.entries);
  return upstreams;
}

/** The owner has misspelt a name in ROUTING that no provider has. */
function checkKeys({ upstreamKeys }: Policy, entries: readonly ProviderEntry[]): void {
  const unknown = upstreamKeys.find(({ name }) => !entries.some((entry) => entry.name === name));
  if (unknown === undefined) return;
  // While a deploy spreads, an old relay may have answered: the next request asks again.
  remembered = null;
  const there = [...builtIn, ...entries].map(({ name }) => name).join(", ");
  throw misconfigured(`ROUTING: ${unknown.path}: there is no provider of this name. There are: ${there}.`);
}

/** From memory while it is fresh; null when the relay does not answer. The next request asks again, unless it hangs. */
async function configuredUpstreams(asking: Asking): Promise<Upstreams | null> {
  const now = Date.now();
  if (remembered === null || remembered.until < now) {
    if (now < hangsUntil) return null;
    const status = await askStatus(asking);
    if (status === null) return null;
    remembered = { until: now + FRESH_MS, ...readStatus(status) };
  }
  return remembered;
}

function readStatus({ upstreams, problem }: Pick<RelayStatus, "upstreams" | "problem">): Upstreams {
  const isBuiltIn = ({ name }: UpstreamStatus) => findProvider(name) !== undefined;
  for (const { name } of upstreams.filter(isBuiltIn)) {
    log("not_configured", { problem: `UPSTREAMS.${name} is never asked: a provider of this name is built in.` });
  }
  const own = upstreams.filter((upstream) => !isBuiltIn(upstream));
  return { entries: host === undefined ? [] : own.map((upstream) => toProvider(host, upstream)), problem };
}

async function askStatus({ env, request }: Asking): Promise<Pick<RelayStatus, "upstreams" | "problem"> | null> {
  if (host === undefined) return NO_UPSTREAMS;
  const { binding } = host;
  const status = askSibling(request, {
    worker: "relay",
    timeoutMs: STATUS_MS,
    isReply: isRelayStatus,
    ask: () => env[binding].status?.().catch(noUpstreamsYet),
  });
  return status.catch((thrown: unknown) => {
    if (thrown instanceof ApiError && thrown.condition === "timeout") hangsUntil = Date.now() + HANGS_MS;
    return unlessClientLeft(null)(thrown);
  });
}

const NO_UPSTREAMS: Pick<RelayStatus, "upstreams"> = { upstreams: [] };

/** A relay from before there were upstreams has no such method; these are workerd's words for it. */
function noUpstreamsYet(thrown: unknown): Pick<RelayStatus, "upstreams"> {
  if (thrown instanceof TypeError && thrown.message.includes("does not implement")) return NO_UPSTREAMS;
  throw thrown;
}

/** What stands for an answer that failed; nothing does once the client has left. */
function unlessClientLeft<Standing>(standing: Standing): (thrown: unknown) => Standing {
  return (thrown) => {
    if (thrown instanceof ApiError && thrown.condition === "cancelled") throw thrown;
    return standing;
  };
}

function toProvider(host: ProviderEntry, { name, configured, defaultModel, models }: UpstreamStatus): ProviderEntry {
  // An entry with a mistake in it gets a default, so that its relay is asked and says what is wrong.
  const isUnread = !configured && defaultModel === undefined && models === undefined;
  return upstreamProvider(host, { name, defaultModel: isUnread ? "default" : defaultModel, renamedByRelay: models });
}
