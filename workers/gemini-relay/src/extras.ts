import type { JsonObject } from "@ai-proxy/shared/json";
import type { Piece } from "./pieces.ts";
import { signatureContent } from "./signatures.ts";

export type Extra = Extract<Piece, { kind: "image" | "signature" | "step" }>;

export function isExtra(piece: Piece): piece is Extra {
  return piece.kind === "image" || piece.kind === "signature" || piece.kind === "step";
}

/**
 * What a message holds that OpenAI has no field for. A stream sends it in one
 * delta at its end, so that clients put the same together as from a whole
 * answer: of members it does not know openai-node's stream() keeps the last
 * one only, and openai-python's glues their texts together and merges lists by
 * the `index` of their entries.
 */
export class Extras {
  readonly #images: JsonObject[] = [];
  readonly #steps: JsonObject[] = [];
  #signature: string | undefined;

  add(extra: Extra): void {
    switch (extra.kind) {
      case "image":
        this.#images.push(imagePart(extra, this.#images.length));
        break;
      case "signature":
        this.#signature = extra.signature;
        break;
      case "step":
        this.#steps.push(extra.part);
        break;
      default:
        extra satisfies never;
    }
  }

  /**
   * `images` and `extra_content` of the message, as far as there is something for them.
   * @param sources what Google's own tools found
   */
  members(sources: JsonObject | null): JsonObject {
    const google = {
      ...(this.#signature !== undefined && { thought_signature: this.#signature }),
      ...(this.#steps.length > 0 && { parts: this.#steps }),
      ...sources,
    };
    return {
      ...(this.#images.length > 0 && { images: this.#images }),
      ...(Object.keys(google).length > 0 && { extra_content: { google } }),
    };
  }
}

/** An image of the answer, as an OpenAI image part. */
function imagePart({ url, signature }: Extract<Piece, { kind: "image" }>, index: number): JsonObject {
  return {
    index,
    type: "image_url",
    image_url: { url },
    ...(signature !== undefined && { extra_content: signatureContent(signature) }),
  };
}
