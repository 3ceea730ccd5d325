import { describe, expect, test } from "vitest";
import { Upstreams } from "../src/upstreams.ts";

const groq = { base_url: "https://api.groq.com/openai/v1/", key: "GROQ_API_KEY" };

test("without settings there is OpenAI, and nothing else", () => {
  const upstreams = new Upstreams({});
  expect(upstreams.get()).toMatchObject({
    name: "openai",
    baseUrl: "https://api.openai.com/v1",
    keys: { name: "OPENAI_API_KEY", size: 0 },
    headers: {},
    models: {},
    defaultModel: null,
    quirks: { token_limit: "by_family", stream_usage: "ask" },
  });
  expect(upstreams.names()).toEqual([]);
  expect(upstreams.problems()).toEqual([]);
  const empty = new Upstreams({ OPENAI_BASE_URL: "", UPSTREAMS: "" });
  expect(empty.get()).toEqual(upstreams.get());
  expect(empty.problems()).toEqual([]);
});

test.each([JSON.stringify({ groq }), { groq }])("UPSTREAMS may be JSON text or a JSON var", (UPSTREAMS) => {
  const upstreams = new Upstreams({ UPSTREAMS });
  expect(upstreams.names()).toEqual(["groq"]);
  expect(upstreams.get("groq")).toEqual({
    name: "groq",
    baseUrl: "https://api.groq.com/openai/v1",
    search: "",
    keys: expect.objectContaining({ name: "GROQ_API_KEY", size: 0 }),
    keyHeader: "authorization",
    gatewayToken: undefined,
    headers: {},
    models: {},
    defaultModel: null,
    quirks: {
      stream_usage: "ask",
      token_limit: "as_sent",
      instruction_role: "as_sent",
      content: "as_sent",
      reasoning: "as_sent",
      tool_index: "as_sent",
      call_ids: "plain",
    },
    fields: {},
  });
});

test("an entry may have all of it: Azure with a key header of its own, a version and deployments", () => {
  const azure = {
    base_url: "https://acme.openai.azure.com/openai/v1?api-version=preview",
    key: "AZURE_KEY",
    key_header: "API-Key",
    headers: { "X-Team": "a" },
    models: { "gpt-4o": "my-deployment" },
    default_model: "my-deployment",
    quirks: { token_limit: "by_family" },
  };
  expect(new Upstreams({ UPSTREAMS: { azure } }).get("azure")).toMatchObject({
    baseUrl: "https://acme.openai.azure.com/openai/v1",
    search: "?api-version=preview",
    keyHeader: "api-key",
    headers: { "x-team": "a" },
    models: { "gpt-4o": "my-deployment" },
    defaultModel: "my-deployment",
    quirks: { token_limit: "by_family", stream_usage: "ask" },
  });
});

test("a null counts as absent where absence has a meaning", () => {
  const bare = { base_url: "http://localhost:11434/v1", key: null, key_header: null, default_model: null };
  expect(new Upstreams({ UPSTREAMS: { bare } }).get("bare")).toMatchObject({
    keys: null,
    keyHeader: "authorization",
    defaultModel: null,
  });
});

test("keys of an entry are those of its secret, which several entries may share but in turns of their own", () => {
  const UPSTREAMS = { a: groq, b: groq };
  const upstreams = new Upstreams({ UPSTREAMS, GROQ_API_KEY: "gsk-1,gsk-2" });
  const [a, b] = [upstreams.get("a").keys, upstreams.get("b").keys];
  expect([a?.take({}, 0)?.value, a?.take({}, 0)?.value, b?.take({}, 0)?.value]).toEqual(["gsk-1", "gsk-2", "gsk-1"]);
});

describe("a preset", () => {
  const preset = (UPSTREAMS: object, name = "groq") => new Upstreams({ UPSTREAMS }).get(name);
  const ready = { baseUrl: "https://api.groq.com/openai/v1", keys: { name: "GROQ_API_KEY" } };

  test.each([{ groq: {} }, { groq: { preset: "groq" } }, { groq: { preset: null } }])(
    "is named, or has the entry's own name: %j",
    (entry) => {
      expect(preset(entry)).toMatchObject({ ...ready, quirks: { reasoning: "copy", token_limit: "as_sent" } });
    },
  );

  test("may stand under another name", () => {
    expect(preset({ fast: { preset: "groq" } }, "fast")).toMatchObject({ name: "fast", ...ready });
  });

  test("single fields replace it; quirks and fields are put together with its own", () => {
    const own = {
      key: "MY_KEY",
      headers: { "x-title": "mine" },
      models: { fast: "llama-3.3-70b" },
      default_model: "fast",
      quirks: { token_limit: "max_tokens" },
      fields: { logit_bias: "logit_bias", store: null },
    };
    expect(preset({ groq: own })).toMatchObject({
      baseUrl: ready.baseUrl,
      keys: { name: "MY_KEY" },
      headers: { "x-title": "mine" },
      models: { fast: "llama-3.3-70b" },
      defaultModel: "fast",
      quirks: { reasoning: "copy", token_limit: "max_tokens" },
      fields: { logit_bias: "logit_bias", store: null, verbosity: null },
    });
    expect(preset({ groq: { key: null } }).keys).toBeNull();
  });

  test("is not taken by an entry of its name that has an address and names none: it is as it was", () => {
    expect(preset({ groq })).toMatchObject({ quirks: { reasoning: "as_sent" }, fields: {} });
    expect(preset({ groq: { ...groq, preset: "groq" } })).toMatchObject({ quirks: { reasoning: "copy" } });
  });
});

test.each(["sk-proj-0123456789", "gsk_0123456789abcdef", "xai key"])(
  "a key in its secret's place is not repeated",
  (key) => {
    const upstreams = new Upstreams({ UPSTREAMS: { x: { base_url: "https://api.example/v1", key } } });
    const message = expect.stringMatching(/^UPSTREAMS\.x\.key must be the name of a secret/);
    expect(() => upstreams.get("x")).toThrow(expect.objectContaining({ status: 503, code: "not_configured", message }));
    expect(upstreams.problems().join()).not.toContain(key);
  },
);

describe("a mistake is a 503 that names the setting", () => {
  test.each([
    [{ ...groq, base_url: "http://api.groq.com" }, "UPSTREAMS.x.base_url must begin with https"],
    [{ key: "K" }, "UPSTREAMS.x.base_url is not a URL"],
    [{ ...groq, url: "y" }, "UPSTREAMS.x.url is not a setting"],
    [{ ...groq, base_url: 1 }, "UPSTREAMS.x.base_url must be a string"],
    [{ ...groq, key: 1 }, "UPSTREAMS.x.key must be a string"],
    [{ ...groq, key_header: 1 }, "UPSTREAMS.x.key_header must be a string"],
    [{ ...groq, default_model: 1 }, "UPSTREAMS.x.default_model must be a string"],
    [{ ...groq, models: { a: 1 } }, "UPSTREAMS.x.models.a must be a string"],
    [{ ...groq, models: { a: null } }, "UPSTREAMS.x.models.a must be a string"],
    [{ ...groq, headers: { "a b": "x" } }, "UPSTREAMS.x.headers.a b must be a header name"],
    [{ ...groq, quirks: "x" }, "UPSTREAMS.x.quirks must be an object"],
    [{ ...groq, key_header: "a b" }, "UPSTREAMS.x.key_header must be a header name"],
    [{ ...groq, headers: { authorization: "x" } }, "UPSTREAMS.x.headers.authorization is set by the relay"],
    [{ ...groq, headers: { a: "x\r\nb: c" } }, "UPSTREAMS.x.headers.a must be printable ASCII"],
    [{ ...groq, models: ["a"] }, "UPSTREAMS.x.models must be an object"],
    [{ ...groq, models: null }, "UPSTREAMS.x.models must be an object"],
    [{ ...groq, models: { "gpt-4.1": 1 } }, "UPSTREAMS.x.models.gpt-4.1 must be a string"],
    [{ ...groq, headers: null }, "UPSTREAMS.x.headers must be an object"],
    [{ ...groq, headers: { "X-Team": 1 } }, "UPSTREAMS.x.headers.X-Team must be a string"],
    [{ ...groq, headers: { Host: "x" } }, "UPSTREAMS.x.headers.Host is set by the relay itself"],
    [{ ...groq, quirks: null }, "UPSTREAMS.x.quirks must be an object"],
    [{ ...groq, quirks: [] }, "UPSTREAMS.x.quirks must be an object"],
    [{ ...groq, quirks: { content: null } }, "UPSTREAMS.x.quirks.content must be one of as_sent, text"],
    [{ base_url: null }, "UPSTREAMS.x.base_url is not a URL"],
    [null, "UPSTREAMS.x must be an object"],
    [[groq], "UPSTREAMS.x must be an object"],
    [
      { ...groq, url: "y" },
      "there are preset, base_url, key, key_header, headers, models, default_model, quirks, fields",
    ],
    [{ ...groq, quirks: { speed: 1 } }, "there are stream_usage, token_limit, instruction_role"],
    [{ ...groq, quirks: { speed: 1 } }, "UPSTREAMS.x.quirks.speed is no quirk"],
    [
      { ...groq, quirks: { stream_usage: "maybe" } },
      "UPSTREAMS.x.quirks.stream_usage must be one of ask, always, never",
    ],
    ["https://api.groq.com", "UPSTREAMS.x must be an object"],
    [{ preset: "nope" }, "UPSTREAMS.x.preset must be one of azure, groq, cerebras, openrouter, together, fireworks,"],
    [{ preset: 1 }, "UPSTREAMS.x.preset must be one of"],
    [{ preset: "azure" }, "UPSTREAMS.x.base_url must be given: https://RESOURCE.openai.azure.com/openai/v1"],
    [{ preset: "groq", quirks: { speed: 1 } }, "UPSTREAMS.x.quirks.speed is no quirk"],
    [{ preset: "groq", quirks: "x" }, "UPSTREAMS.x.quirks must be an object"],
    [{ ...groq, fields: { a: 1 } }, "UPSTREAMS.x.fields.a must be a string or null"],
    [{ ...groq, fields: { "a b": null } }, "UPSTREAMS.x.fields.a b must be named as seed"],
    [{ ...groq, fields: { "messages[].name": "x" } }, "UPSTREAMS.x.fields can rename what stands at the root"],
  ])("%j", (entry, message) => {
    const upstreams = new Upstreams({ UPSTREAMS: { x: entry, groq } });
    const expected = { status: 503, code: "not_configured", message: expect.stringContaining(message) };
    expect(() => upstreams.get("x")).toThrow(expect.objectContaining(expected));
    expect(upstreams.problems()).toEqual([expect.stringContaining(message)]);
  });

  test("in the default upstream's address too", () => {
    const upstreams = new Upstreams({ OPENAI_BASE_URL: "http://api.openai.com" });
    const message = expect.stringContaining("OPENAI_BASE_URL must begin with https");
    expect(() => upstreams.get()).toThrow(expect.objectContaining({ status: 503, code: "not_configured", message }));
  });

  test("and takes neither the other upstreams nor OpenAI down", () => {
    const upstreams = new Upstreams({ UPSTREAMS: { x: {}, groq } });
    expect(upstreams.get("groq").name).toBe("groq");
    expect(upstreams.get().name).toBe("openai");
    expect(upstreams.names()).toEqual(["x", "groq"]);
  });

  test.each(["{", "[]", '"x"', 5])("UPSTREAMS that is no JSON object: %s", (UPSTREAMS) => {
    const upstreams = new Upstreams({ UPSTREAMS });
    expect(() => upstreams.get("groq")).toThrow(
      expect.objectContaining({ message: expect.stringContaining("UPSTREAMS must be a JSON object") }),
    );
    expect(upstreams.get().name).toBe("openai");
    expect(upstreams.problems()).toEqual([expect.stringContaining("UPSTREAMS must be a JSON object")]);
  });

  test.each(["Groq", "a b", "openai", "../x", "a".repeat(65)])("a name that cannot be a provider: '%s'", (name) => {
    const upstreams = new Upstreams({ UPSTREAMS: { [name]: groq } });
    expect(upstreams.problems()).toHaveLength(1);
  });

  test("an entry for the default upstream is named as a mistake, and the default serves on", () => {
    const upstreams = new Upstreams({ UPSTREAMS: { openai: groq, groq } });
    expect(upstreams.get()).toMatchObject({ baseUrl: "https://api.openai.com/v1", keys: { name: "OPENAI_API_KEY" } });
    expect(upstreams.names()).toEqual(["groq"]);
    expect(upstreams.problems()).toEqual([expect.stringContaining("UPSTREAMS.openai")]);
  });

  test("an upstream that there is none of", () => {
    expect(() => new Upstreams({}).get("nope")).toThrow(
      expect.objectContaining({ status: 503, code: "not_configured" }),
    );
  });
});
