import { describe, expect, test } from "vitest";
import { readSession, requestIdOf, type Session, sessionCookie } from "../src/request/identity.ts";

describe("a session", () => {
  test("comes from the header before the cookie", () => {
    expect(readSession(new Headers({ "x-session-id": "a", cookie: "session_id=b" }))).toEqual({
      session: { id: "a", known: true },
      fault: null,
    });
    expect(readSession(new Headers({ cookie: "x=1; session_id=b" }))).toMatchObject({
      session: { id: "b", known: true },
    });
  });

  test.each([
    [{ "x-session-id": "a b" }, "X-Session-Id"],
    [{ "x-session-id": "a b", cookie: "session_id=a" }, "X-Session-Id"],
    [{ cookie: "session_id=a=b" }, "session_id"],
  ])("that is malformed is named by its place: %j", (headers, param) => {
    expect(readSession(new Headers(headers as Record<string, string>)).fault).toMatchObject({ status: 400, param });
  });

  test("is new when none is given", () => {
    const {
      session: { id, known },
      fault,
    } = readSession(new Headers());
    expect([known, fault]).toEqual([false, null]);
    expect(id).toMatch(/^[0-9a-f-]{36}$/);
  });

  test.each(["", "a b", "ü", "a".repeat(129), "../x", 'a"b'])("that is malformed is refused: %j", (id) => {
    const { session, fault } = readSession(
      new Headers({ cookie: `session_id=${encodeURI(id)}${id === "" ? "" : "%"}` }),
    );
    expect(fault).toMatchObject({ status: 400, code: "invalid_session_id", param: "session_id" });
    expect(session).toMatchObject({ id: expect.stringMatching(/^[0-9a-f-]{36}$/), known: false });
  });

  test.each<[string, string, Record<string, string>, string | null]>([
    ["a page of its own", "https://x/", { "sec-fetch-site": "same-origin" }, "SameSite=Lax; Secure"],
    [
      "a page of the same site",
      "https://api.app/",
      { origin: "https://www.app", "sec-fetch-site": "same-site" },
      "SameSite=Lax; Secure",
    ],
    [
      "a page of another site that the owner allows",
      "https://x/",
      { origin: "https://app", "sec-fetch-site": "cross-site" },
      "SameSite=None; Secure",
    ],
    ["the same from an old browser", "https://x/", { origin: "https://app" }, "SameSite=None; Secure"],
    [
      "the same at a gateway on this machine",
      "http://localhost:8787/",
      { origin: "https://app", "sec-fetch-site": "cross-site" },
      "SameSite=None; Secure",
    ],
    [
      "a page of another site",
      "https://x/",
      { origin: "https://evil", "sec-fetch-site": "cross-site" },
      "SameSite=Lax; Secure",
    ],
    ["a page without TLS", "http://x/", { origin: "http://x", "sec-fetch-site": "same-origin" }, "SameSite=Lax"],
    ["Node's fetch", "https://x/", { "sec-fetch-mode": "cors" }, null],
    ["an SDK", "https://x/", {}, null],
  ])("is told to %s as a cookie that comes back, or not at all", (_name, url, headers, scope) => {
    const allowed = new Set(["https://app", "https://www.app"]);
    const cookie = (session: Session) => sessionCookie(new Headers(headers), new URL(url), session, allowed);
    expect(cookie({ id: "s", known: false })).toBe(scope && `session_id=s; Path=/; HttpOnly; ${scope}`);
    expect(cookie({ id: "s", known: true })).toBeNull();
  });
});

test("a request id is taken when it is well formed, else a new one is made", () => {
  expect(requestIdOf(new Headers({ "x-request-id": "req_1.a-b" }))).toBe("req_1.a-b");
  expect(requestIdOf(new Headers({ "x-request-id": "a b" }))).toMatch(/^[0-9a-f-]{36}$/);
});
