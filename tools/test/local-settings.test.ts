import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseEnv } from "node:util";
import { afterEach, beforeEach, expect, test } from "vitest";
import { unstable_getVarsForDev as getVarsForDev } from "wrangler";
import { withSettings } from "../local/dotenv.ts";
import { answeredOffline } from "../local/owners-upstreams.ts";
import { chooseProviders, settingsOf } from "../local/providers.ts";
import { readMesh } from "../workspace.ts";

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "ai-proxy-settings-"));
});
afterEach(() => rmSync(directory, { recursive: true }));

test.each(["plain", "a\\nb", "it's $HOME #1", '"quoted"', "a'b`c", "'`", " blank ", "end\\", "=\\'x"])(
  "wrangler reads a token as it was given: %s",
  (token) => {
    writeFileSync(join(directory, ".dev.vars"), withSettings("AUTH_TOKEN=another", { AUTH_TOKEN: token }));
    const { AUTH_TOKEN: read } = getVarsForDev(join(directory, "wrangler.json"), undefined, {}, undefined, true);
    expect(read).toEqual({ type: "secret_text", value: token });
  },
);

test.each(["two\nlines", `'"\``, "'`\\n"])("a token that .dev.vars cannot hold is refused by name: %j", (token) => {
  expect(() => withSettings("", { AUTH_TOKEN: token })).toThrow(/^AUTH_TOKEN has/);
});

test("offline, every relay is told of stand-ins only", async () => {
  const mesh = readMesh();
  const local = {
    token: "local",
    live: false,
    providers: await chooseProviders(mesh, false),
    upstreams: {
      openaiBaseUrl: "http://127.0.0.1:1/v1",
      compatibleBaseUrl: "http://127.0.0.1:2/v1",
      geminiBaseUrl: "http://127.0.0.1:1/v1beta",
      stop: async () => {},
    },
  };
  const settings = ["cf-ai", "openai-relay", "gemini-relay"].map((worker) => parseEnv(settingsOf(mesh, worker, local)));
  expect(settings).toEqual([
    {},
    { OPENAI_BASE_URL: "http://127.0.0.1:1/v1", OPENAI_API_KEY: "offline", UPSTREAMS: "{}" },
    { GEMINI_BASE_URL: "http://127.0.0.1:1/v1beta", GEMINI_API_KEY: "offline" },
  ]);
});

test("offline, the owner's upstreams keep their names and are answered by the stand-in, without a key", () => {
  const upstreams = {
    groq: {
      base_url: "https://api.groq.com/openai/v1",
      key: "GROQ_API_KEY",
      headers: { "x-title": "mine" },
      models: { fast: "llama-3.3-70b" },
      quirks: { reasoning: "copy" },
    },
  };
  const offline = {
    groq: { models: { fast: "llama-3.3-70b" }, quirks: { reasoning: "copy" }, base_url: "http://x/v1" },
  };
  for (const setting of [upstreams, JSON.stringify(upstreams)]) {
    expect(JSON.parse(answeredOffline(setting, "http://x/v1"))).toEqual(offline);
  }
  for (const none of [undefined, ""]) expect(answeredOffline(none, "http://x/v1")).toBe("");
});

test("offline, a preset gives its quirks and fields, and neither its address nor its key", () => {
  const [named, own] = [{ fast: { preset: "groq" } }, { groq: {} }].map((setting) =>
    Object.values(JSON.parse(answeredOffline(setting, "http://x/v1"))),
  );
  expect(named).toEqual(own);
  expect(named).toEqual([
    { base_url: "http://x/v1", quirks: { reasoning: "copy" }, fields: expect.objectContaining({ verbosity: null }) },
  ]);
});

test("offline, a preset that there is none of is the relay's to refuse", () => {
  expect(JSON.parse(answeredOffline({ x: { preset: "nope" } }, "http://x/v1"))).toEqual({
    x: { preset: "nope", base_url: "http://x/v1" },
  });
});

test.each(['{\n  "groq": {},\n}', 'it\'s `not` "JSON"', " ", "[]"])(
  "offline, UPSTREAMS that cannot be read are the relay's to refuse, and do not keep the mesh from starting: %j",
  (setting) => {
    const settings = withSettings("", { UPSTREAMS: answeredOffline(setting, "http://x/v1") });
    expect(parseEnv(settings)).toEqual({ UPSTREAMS: "null" });
  },
);
