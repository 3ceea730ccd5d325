import { timingSafeEqual } from "node:crypto";
import { beforeAll, describe, expect, test } from "vitest";
import { admit } from "../src/access/admit.ts";
import { checkOwnerToken, presentedToken } from "../src/access/owner-token.ts";
import { typedEnv } from "../src/settings/env.ts";
import { misconfigured } from "../src/settings/misconfigured.ts";
import { readSettings } from "../src/settings/settings.ts";

describe("a token", () => {
  test.each([
    ["X-AUTH-TOKEN", { "x-auth-token": "abc" }, "abc"],
    ["Bearer", { authorization: "Bearer abc" }, "abc"],
    ["bearer in small letters", { authorization: "bearer abc" }, "abc"],
    ["both: our own header first", { "x-auth-token": "own", authorization: "Bearer other" }, "own"],
    ["another scheme", { authorization: "Basic abc" }, null],
    ["Bearer with nothing", { authorization: "Bearer " }, null],
    ["Bearer, blanks and all", { authorization: "  Bearer   abc def " }, "abc def"],
    ["a word that begins as Bearer", { authorization: "Bearerabc" }, null],
    ["a scheme with Bearer behind it", { authorization: "Basic bearer abc" }, null],
    ["none", {}, null],
  ])("is read from %s", (_, headers, token) => {
    expect(presentedToken(new Headers(headers as Record<string, string>))).toBe(token);
  });
});

describe("the secret AUTH_TOKEN", () => {
  const ask = (token: string, secret: string | undefined) =>
    checkOwnerToken(new Headers({ "x-auth-token": token }), secret);

  test.each([undefined, "", " \n"])("that says nothing (%j) opens nothing", async (secret) => {
    for (const token of ["", " ", "undefined"])
      await expect(ask(token, secret)).rejects.toMatchObject({ status: 503, code: "not_configured" });
  });
});

describe("a caller", () => {
  // workerd has it on `subtle`, Node beside it.
  beforeAll(() => {
    const equal = (a: ArrayBuffer, b: ArrayBuffer) => timingSafeEqual(new Uint8Array(a), new Uint8Array(b));
    Object.assign(crypto.subtle, { timingSafeEqual: equal });
  });

  const at = (token: string | null, settings = readSettings({})) => ({
    request: new Request("https://x/", { headers: token === null ? {} : { "x-auth-token": token } }),
    env: typedEnv({ AUTH_TOKEN: "secret" } as Env),
    settings,
  });

  test("over HTTP is let in by the owner's token, and by nothing else", async () => {
    expect(await admit(at("secret"), { kind: "external" })).toEqual({ caller: "external" });
    for (const token of [null, "Secret", "secre", "secrets"]) {
      await expect(admit(at(token), { kind: "external" })).rejects.toMatchObject({
        status: 401,
        code: "invalid_api_key",
        headers: { "www-authenticate": expect.any(String) },
      });
    }
  });

  test("by a binding needs no token, and has the name and the limits of the binding", async () => {
    const caller = { kind: "trusted", name: "billing", limits: { max_attempts: 1 } } as const;
    expect(await admit(at(null), caller)).toEqual({ caller: "billing", limits: { max_attempts: 1 } });
    expect(await admit(at(null), { kind: "trusted", name: "trusted" })).toEqual({ caller: "trusted" });
  });

  test("waits for the owner to put right what is wrong with the settings, or with the binding", async () => {
    const broken = readSettings({ ROUTING: "{" });
    await expect(admit(at("secret", broken), { kind: "external" })).rejects.toBe(broken.fault);
    const fault = misconfigured("the binding's props.caller");
    await expect(admit(at(null), { kind: "trusted", name: "x", fault })).rejects.toBe(fault);
    // A stranger learns nothing of the settings.
    await expect(admit(at("wrong", broken), { kind: "external" })).rejects.toMatchObject({ status: 401 });
  });
});
