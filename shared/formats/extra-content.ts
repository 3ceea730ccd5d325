import type { JsonObject } from "../json.ts";
import type { Annotation, ImageEvent } from "./chat-events.ts";

/** What a message holds beside its text, as far as OpenAI has no field for it or clients join it badly. */
export interface MessageExtras {
  annotations: readonly Annotation[] | null;
  images: readonly ImageEvent[];
  signature: string | undefined;
  providerSteps: readonly JsonObject[];
  sources: JsonObject | null;
}

/** How a client gets a thought signature, and gives it back. */
export function signatureContent(signature: string): JsonObject {
  return { google: { thought_signature: signature } };
}

/**
 * `images` and `extra_content` of a message, as far as there is something for them:
 * `{images: [{index: 0, type: "image_url", image_url: {url}}], extra_content: {google: {thought_signature}}}`.
 * Image parts have an index because openai-python's stream() merges lists by it.
 */
export function extraMembers({ images, signature, providerSteps, sources }: MessageExtras): JsonObject {
  const google = {
    ...(signature !== undefined && { thought_signature: signature }),
    ...(providerSteps.length > 0 && { parts: providerSteps }),
    ...sources,
  };
  return {
    ...(images.length > 0 && { images: images.map(imagePart) }),
    ...(Object.keys(google).length > 0 && { extra_content: { google } }),
  };
}

function imagePart({ url, signature }: ImageEvent, index: number): JsonObject {
  return {
    index,
    type: "image_url",
    image_url: { url },
    ...(signature !== undefined && { extra_content: signatureContent(signature) }),
  };
}
