/** The name by which chat, completions and embeddings still know it. */
export type { ModelAttempt as Call } from "./model-attempt.ts";
