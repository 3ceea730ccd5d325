// The measure of all ratios: one hop that forwards and does nothing else.
import { WorkerEntrypoint } from "cloudflare:workers";

export default {
  /** Sends the request on, the body as it comes, and hands the answer back. */
  fetch(request, env) {
    const { pathname, search } = new URL(request.url);
    return fetch(env.UPSTREAM_URL + pathname + search, request);
  },
};

/** The same for a Worker that calls over RPC: the twin of the gateway's TrustedGateway. */
export class Trusted extends WorkerEntrypoint {
  chat(body) {
    const headers = { "content-type": "application/json" };
    return fetch(`${this.env.UPSTREAM_URL}/v1/chat/completions`, { method: "POST", headers, body });
  }
}
