import { expect, test } from "vitest";
import { knownProviders } from "../src/serving/providers.ts";
import { type GatewayEnv, readSettings } from "../src/settings/settings.ts";

test("a name in ROUTING that the relay did not know yet is asked for again by the next request", async () => {
  const settings = readSettings({ ROUTING: '{"providers":{"vllm":{"timeout_ms":9000}}}' });
  const upstreams: object[] = [];
  const env = { OPENAI_RELAY: { status: async () => ({ upstreams, configured: true }) } } as unknown as GatewayEnv;
  const ask = () => knownProviders(env, { model: "llama4" }, "chat", settings);
  await expect(ask()).rejects.toMatchObject({ status: 503, code: "not_configured" });
  upstreams.push({ name: "vllm", configured: true });
  await expect(ask()).resolves.toHaveLength(3);
});
