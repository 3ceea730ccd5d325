import type { JsonObject } from "@ai-proxy/shared/json";

// What an answer, or a chunk, says of itself.

export function ownId({ id }: JsonObject): string | undefined {
  return typeof id === "string" && id !== "" ? id : undefined;
}

/** Seconds since the epoch. */
export function createdAt({ created }: JsonObject): number | undefined {
  return typeof created === "number" && Number.isInteger(created) && created > 0 ? created : undefined;
}

export function servedModel({ model }: JsonObject): string | undefined {
  return typeof model === "string" && model !== "" ? model : undefined;
}

/** `system_fingerprint` where the model gives one. */
export function fingerprint({ system_fingerprint: print }: JsonObject): { system_fingerprint?: string } {
  return typeof print === "string" ? { system_fingerprint: print } : {};
}
