import { cloudflare } from "@ai-proxy/shared/registry/cloudflare";
import type { ModelEntry } from "@ai-proxy/shared/registry/model";

/** What a request to a model may hold; how it answers is seen in the answer alone. */
export interface Dialect {
  entry: ModelEntry | undefined;
  /**
   * `native`: Workers AI's own input schema (`prompt` or `messages`, `tools`, and the sampling fields
   * of its own). `openai`: the chat completions schema, which models since 2026 take; unknown models
   * are new ones, so they count as these. `catalog`: other vendors' models by way of AI Gateway
   * ("openai/gpt-5"), which take their vendor's form unchanged.
   */
  schema: "native" | "openai" | "catalog";
  /** Images may stand in messages; what is not known to the registry gets the benefit of the doubt. */
  images: boolean;
}

/** Of this provider's entry alone: the others' models would be a tenth of the bundle. */
const MODELS = new Map(cloudflare.models.map((entry) => [entry.id, entry]));

/** In the registry, models with the native schema are those that take a `prompt`, and Llama Guard. */
export function dialectOf(model: string): Dialect {
  const entry = MODELS.get(model);
  const native = entry?.features.includes("prompt") === true || entry?.type === "moderation";
  return {
    entry,
    schema: native ? "native" : isCatalog(model) ? "catalog" : "openai",
    images: entry?.input.includes("image") ?? true,
  };
}

/** Ids of Workers AI's own begin with "@". */
export function isCatalog(model: string): boolean {
  return !model.startsWith("@");
}
