import type { AuditMessage, AuditReader } from "@ai-proxy/shared/contract/audit";
import type { OpenAIRelay, Relay, RelayReply, RelayRequest, TokenCounter } from "@ai-proxy/shared/contract/relay";
import type { Tokenizer } from "@ai-proxy/shared/contract/tokenizer";

/** A relay, with what only some can do. The registry says of each provider what its relay can. */
export type AnyRelay = Relay & Partial<OpenAIRelay> & Partial<TokenCounter>;

/** A method of a relay that answers a request by a model: "chat", "embeddings", … */
export type ModelMethod = {
  [Name in keyof AnyRelay]-?: Required<AnyRelay>[Name] extends (request: RelayRequest) => Promise<RelayReply>
    ? Name
    : never;
}[keyof AnyRelay];

/** The gateway's bindings with what the Workers behind them can do. */
export interface GatewayEnv
  extends Omit<Env, "CF_AI" | "OPENAI_RELAY" | "GEMINI_RELAY" | "TOKENIZER" | "AUDIT" | "AUDIT_QUEUE"> {
  CF_AI: AnyRelay;
  OPENAI_RELAY: AnyRelay;
  GEMINI_RELAY: AnyRelay;
  TOKENIZER: Tokenizer;
  AUDIT: AuditReader;
  AUDIT_QUEUE: Queue<AuditMessage>;
}

/** The contract's types for the bindings: `wrangler types` knows them only as Fetcher, since no Worker imports another. */
export function typedEnv(env: Env): GatewayEnv {
  return env as unknown as GatewayEnv;
}
