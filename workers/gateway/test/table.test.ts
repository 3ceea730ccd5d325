import { providers } from "@ai-proxy/shared/registry";
import { expect, test } from "vitest";
import { ENDPOINTS, endpoints, modelEndpoints } from "../src/endpoints/table.ts";
import { validate } from "../src/request/schemas.ts";

test("no two endpoints share a path, and each says what it gives", () => {
  expect(new Set(endpoints.map(({ path }) => path)).size).toBe(endpoints.length);
  for (const { title, summary, path } of endpoints) {
    expect(title, path).toMatch(/^[a-z]/);
    expect(summary, path).toMatch(/^[A-Z].*\.$/);
  }
});

test("what is below /v1 is for callers, and nothing else is", () => {
  for (const { path, access } of endpoints) expect(access, path).toBe(path.startsWith("/v1/") ? "caller" : "anyone");
});

test.each(modelEndpoints.map((endpoint) => [endpoint.path, endpoint] as const))(
  "%s has a provider that serves it, with a default model for those who name none",
  (_, { kind }) => {
    const serving = providers.filter(({ serves }) => serves.includes(kind));
    expect(serving.length).toBeGreaterThan(0);
    expect(serving.some(({ aliases, defaultModels }) => defaultModels?.[kind] ?? aliases.default)).toBe(true);
  },
);

test.each(modelEndpoints.map((endpoint) => [endpoint.path, endpoint] as const))(
  "%s checks the fields that routing reads",
  (_, { schema }) => {
    const body = { messages: [{ role: "user", content: "x" }], input: "x", prompt: "x" };
    expect(validate(schema, body)).toMatchObject(body);
    expect(() => validate(schema, { ...body, routing: { max_attempts: 0 } })).toThrow(
      expect.objectContaining({ status: 400, param: "routing.max_attempts" }),
    );
  },
);

test("each relay method is asked by one endpoint", () => {
  const methods = modelEndpoints.map(({ relayMethod }) => relayMethod);
  expect(new Set(methods).size).toBe(methods.length);
  expect(ENDPOINTS.moderations).toMatchObject({ kind: "moderation", relayMethod: "moderations" });
});
