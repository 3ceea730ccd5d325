// A Worker of the same account: it has a binding to TrustedGateway (or to its bare twin) and hands the answer on.
export default {
  async fetch(request, env) {
    return env.TARGET.chat(await request.text());
  },
};
