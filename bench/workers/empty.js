// What a Worker costs that does nothing.
import { WorkerEntrypoint } from "cloudflare:workers";

export default class extends WorkerEntrypoint {
  fetch() {
    return new Response("ok");
  }

  status() {
    return { ok: true };
  }
}
