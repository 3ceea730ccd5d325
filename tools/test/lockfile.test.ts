import { expect, test } from "vitest";
import { checkLockfile, lockfileProblems } from "../lockfile.ts";

const integrity = "sha512-AAAA";

test.each([
  ["a package with an integrity", "node_modules/openai", { integrity }, []],
  ["one without", "node_modules/openai", {}, ["node_modules/openai 1.0.0 has no integrity of SHA-512"]],
  [
    "one below another",
    "node_modules/a/node_modules/b",
    {},
    ["node_modules/a/node_modules/b 1.0.0 has no integrity of SHA-512"],
  ],
  [
    "one with a weak hash",
    "node_modules/a",
    { integrity: "sha1-AAAA" },
    ["node_modules/a 1.0.0 has no integrity of SHA-512"],
  ],
  [
    "the registry's address",
    "node_modules/a",
    { integrity, resolved: "https://registry.npmjs.org/a/-/a-1.0.0.tgz" },
    [],
  ],
  [
    "another address",
    "node_modules/a",
    { integrity, resolved: "https://example.com/a.tgz" },
    ["node_modules/a 1.0.0 comes from https://example.com/a.tgz"],
  ],
  ["a workspace", "workers/gateway", {}, []],
  ["a link to a workspace", "node_modules/@ai-proxy/gateway", { resolved: "workers/gateway", link: true }, []],
])("%s", (_, path, entry, problems) => {
  expect(lockfileProblems({ packages: { "": {}, [path]: { version: "1.0.0", ...entry } } })).toEqual(problems);
});

test("a file with a package that nothing verifies is refused, all of them named", () => {
  const lock = { packages: { "node_modules/a": { version: "1.0.0" }, "node_modules/b": { version: "2.0.0" } } };
  expect(() => checkLockfile(lock)).toThrow(/node_modules\/a 1\.0\.0 .*\nnode_modules\/b 2\.0\.0 /);
});
