import { isObject, type JsonObject } from "@ai-proxy/shared/json";

/** What all chunks of an answer carry. */
export interface Envelope {
  /** `chatcmpl-…` */
  id: string;
  /** Seconds since the epoch. */
  created: number;
  /** The model that the client asked for. */
  model: string;
}

/** The envelope with what the model says of itself: its id and time where it gives them. */
export function envelopeFrom(output: JsonObject, ours: Envelope): Envelope {
  const { id, created } = output;
  return {
    id: typeof id === "string" && id !== "" ? id : ours.id,
    created: typeof created === "number" && Number.isInteger(created) && created > 0 ? created : ours.created,
    model: ours.model,
  };
}

export function servedModel(output: JsonObject): string | undefined {
  const { model } = output;
  return typeof model === "string" && model !== "" ? model : undefined;
}

/** `system_fingerprint` where the model gives one. */
export function fingerprint(output: JsonObject): { system_fingerprint?: string } {
  const { system_fingerprint: print } = isObject(output) ? output : {};
  return typeof print === "string" ? { system_fingerprint: print } : {};
}
