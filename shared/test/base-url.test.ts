import { expect, test } from "vitest";
import { readBaseUrl } from "../upstream/base-url.ts";

test.each([
  ["https://api.openai.com/v1", "https://api.openai.com/v1", ""],
  [" https://api.openai.com/v1/ ", "https://api.openai.com/v1", ""],
  [
    "https://x.openai.azure.com/openai/v1?api-version=preview",
    "https://x.openai.azure.com/openai/v1",
    "?api-version=preview",
  ],
  ["http://localhost:11434/v1", "http://localhost:11434/v1", ""],
  ["http://127.0.0.1:8080", "http://127.0.0.1:8080", ""],
  ["http://127.255.255.255", "http://127.255.255.255", ""],
  ["http://[::1]:8080/v1", "http://[::1]:8080/v1", ""],
])("%s is a base URL", (value, href, search) => {
  expect(readBaseUrl("X", value)).toEqual({ href, search });
});

test.each([
  "",
  "api.openai.com/v1",
  "http://api.openai.com/v1",
  "http://127.0.0.1.evil.example/v1",
  "http://localhost.evil.example",
  "ftp://localhost",
  "http://1.127.0.0.1",
  "http://127.0.0.1.2",
  "https://user@api.openai.com",
  "https://:pass@api.openai.com",
  "https://api.openai.com/v1#x",
])("'%s' is refused as a 503 that names the setting and not its value", (value) => {
  const expected = expect.objectContaining({
    status: 503,
    code: "not_configured",
    message: expect.stringMatching(/^X /),
  });
  expect(() => readBaseUrl("X", value)).toThrow(expected);
});
