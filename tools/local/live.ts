import { isObject, tryParseJson } from "../../shared/json.ts";
import { curl } from "../curl.ts";
import type { LocalProvider } from "./providers.ts";

/** Throws when --live would start a mesh of stand-ins only. */
export function expectCredentials(providers: readonly LocalProvider[], ownUpstreams: number): void {
  if (ownUpstreams > 0 || providers.some(({ live }) => live)) return;
  throw new Error(`--live has no real provider to ask:\n${missingLines(providers).join("\n")}
Set one of these, or leave --live out: stand-ins answer then.`);
}

/** What a chat asks for. */
interface ChatTarget {
  provider?: string | undefined;
  model?: string | undefined;
}

/** Throws when a stand-in of a live mesh would answer the chat. */
export async function expectLiveAnswer(
  { url, token, providers }: { url: string; token: string; providers: readonly LocalProvider[] },
  target: ChatTarget,
): Promise<void> {
  const { status, body } = await curl({
    url: `${url}/v1/route-check`,
    method: "POST",
    headers: { "X-AUTH-TOKEN": token, "Content-Type": "application/json" },
    body: JSON.stringify(target),
  });
  const route = tryParseJson(body);
  // What is wrong with the request the chat itself will say.
  if (status !== 200 || !isObject(route)) return;
  const chosen = providers.find(({ provider }) => provider === route["provider"]);
  if (chosen?.missing !== undefined)
    throw new Error(`--live cannot ask ${chosen.provider}: ${chosen.missing}.${others(providers)}`);
}

/** For a live mesh that lacks some: "Not live: gemini (no GEMINI_API_KEY in …)"; undefined when none is missing. */
export function notLive(providers: readonly LocalProvider[]): string | undefined {
  const missing = providers.flatMap(({ provider, missing }) =>
    missing === undefined ? [] : [`${provider} (${missing})`],
  );
  return missing.length === 0 ? undefined : `Not live: ${missing.join(", ")}.`;
}

function others(providers: readonly LocalProvider[]): string {
  const live = providers.filter(({ live }) => live).map(({ provider }) => `--provider ${provider}`);
  return live.length === 0 ? "" : ` There are credentials for ${live.join(" and ")}.`;
}

function missingLines(providers: readonly LocalProvider[]): string[] {
  return providers.flatMap(({ provider, missing }) =>
    missing === undefined ? [] : [`  ${provider.padEnd(11)} ${missing}`],
  );
}
