import type { FixtureBlock, FixtureResponse, ResponseOverrides, StreamingProfile } from "@copilotkit/aimock";
import { piecesOf, type Reply } from "./replies.ts";

/** Milliseconds to the first token, tokens a second, and how unsteady they are: about as fast as a person reads. */
export const HUMAN_PACE: StreamingProfile = { ttft: 250, tps: 30, jitter: 0.4 };

/**
 * aimock cuts a text every `chunkSize` characters, through a surrogate pair if
 * it so falls. Blocks of a word each, and a size that no word reaches, make it
 * cut at words instead.
 */
export const CHUNK_SIZE = 4096;

/** A reply in aimock's terms. `finishReason` and `usage` where aimock's own would be wrong for the provider. */
export function toAimock(
  reply: Reply,
  { stream, ...overrides }: Pick<ResponseOverrides, "finishReason" | "usage"> & { stream: boolean },
): FixtureResponse {
  const extra = { ...overrides, ...(reply.reasoning !== undefined && { reasoning: reply.reasoning }) };
  if (reply.toolCall !== undefined) {
    const { name } = reply.toolCall;
    return { toolCalls: [{ name, arguments: JSON.stringify(reply.toolCall.arguments) }], ...extra };
  }
  if (!stream) return { content: reply.text, ...extra };
  return { blocks: piecesOf(reply.text).map((text): FixtureBlock => ({ type: "text", text })), ...extra };
}
