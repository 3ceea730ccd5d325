import { WorkerEntrypoint } from "cloudflare:workers";

const whole = { status: 200, headers: { "content-type": "application/json" }, body: "{}", usage: null };

/** What a broken Worker may answer, by the request id that asks for it. */
const REPLIES: Record<string, unknown> = {
  null: null,
  "42": 42,
  empty: {},
  "status-99": { ...whole, status: 99 },
  "bad-header": { ...whole, headers: { "bad header": "x" } },
  "bad-model": { ...whole, servedModel: 42 },
};

/** A relay, and a tokenizer, whose replies are none. */
export default class BabblingPeer extends WorkerEntrypoint {
  async chat({ requestId }: { requestId: string }) {
    return REPLIES[requestId];
  }
  async passthrough({ requestId }: { requestId: string }) {
    return REPLIES[requestId];
  }
  async tokenize({ requestId }: { requestId: string }) {
    return REPLIES[requestId];
  }
  async status() {
    return 42;
  }
  async models() {
    return { data: [] };
  }
}
