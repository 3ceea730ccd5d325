import { WorkerEntrypoint } from "cloudflare:workers";

/** A relay, and a tokenizer, that answers nothing. */
export default class HangingPeer extends WorkerEntrypoint {
  chat() {
    return scheduler.wait(8_000);
  }
  status() {
    return scheduler.wait(8_000);
  }
  models() {
    return scheduler.wait(8_000);
  }
  passthrough() {
    return scheduler.wait(8_000);
  }
  countTokens() {
    return scheduler.wait(8_000);
  }
  tokenize() {
    return scheduler.wait(8_000);
  }
  detokenize() {
    return scheduler.wait(8_000);
  }
}
