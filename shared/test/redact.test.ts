import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Redactor } from "../upstream/redact.ts";

test.each([
  ["a key-1234 b key-1234", ["key-1234"], "a [redacted] b [redacted]"],
  ["key-1234 and key-5678", ["key-1234", "key-5678"], "[redacted] and [redacted]"],
  ["?key=a%2Fb%3Dcdefg&x", ["a/b=cdefg"], "?key=[redacted]&x"],
  ["none of it, EMPTY, key-123", ["none", "EMPTY", "", "key-123"], "none of it, EMPTY, key-123"],
])("of %j no secret is left, but for words that are none", (text, secrets, clean) => {
  expect(new Redactor(secrets).text(text)).toBe(clean);
});

describe("a JSON text stays as it is but for the key", () => {
  test.each([
    ["as it is", '{"a": "no key-1234", "n":1.0}', "key-1234", '{"a": "no [redacted]", "n":1.0}'],
    ["escaped by PHP", String.raw`{"a":"no abc\/def+1","n":1.0}`, "abc/def+1", '{"a":"no [redacted]","n":1.0}'],
    [
      "escaped by Gson",
      String.raw`{"a":"\u00e9","b":"abcdefg\u003d"}`,
      "abcdefg=",
      String.raw`{"a":"\u00e9","b":"[redacted]"}`,
    ],
    ["with quotes in it", String.raw`{"a":"key\"12\\34"}`, String.raw`key"12\34`, '{"a":"[redacted]"}'],
    ["as a name", '{"key-1234" : 1}', "key-1234", '{"[redacted]" : 1}'],
    [
      "in events",
      'data: {"a":"key-1234"}\n\ndata: [DONE]\n\n',
      "key-1234",
      'data: {"a":"[redacted]"}\n\ndata: [DONE]\n\n',
    ],
    ["in a string without end", '{"a":"key-1234', "key-1234", '{"a":"[redacted]'],
    [
      "digits of a number are none",
      '{"created":1700000000,"a":"00000000"}',
      "00000000",
      '{"created":1700000000,"a":"[redacted]"}',
    ],
    ["nor is the letter of an escape", String.raw`{"a":"x\now-1234"}`, "now-1234", String.raw`{"a":"x\now-1234"}`],
  ])("%s", (_, text, secret, clean) => {
    expect(new Redactor([secret]).json(text)).toBe(clean);
  });

  test("whichever of its characters are escaped", () => {
    const secret = 'key/"1\\2=34';
    const redactor = new Redactor([secret]);
    const escaped = fc
      .array(fc.boolean(), { minLength: secret.length, maxLength: secret.length })
      .map((escapes) =>
        [...secret].map((letter, i) => (escapes[i] ? unicode(letter) : JSON.stringify(letter).slice(1, -1))),
      )
      .map((letters) => letters.join(""));
    fc.assert(
      fc.property(fc.jsonValue(), escaped, (value, key) => {
        const echo = (shown: string) => `[ ${JSON.stringify(value)},{"a":"x ${shown}."}]`;
        expect(JSON.parse(redactor.json(echo(key)))).toEqual(JSON.parse(echo("[redacted]")));
      }),
    );
  });
});

function unicode(letter: string): string {
  return `\\u${letter.charCodeAt(0).toString(16).padStart(4, "0")}`;
}
