import { execFile } from "node:child_process";
import { cpSync, globSync, mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, relative } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";
import { readMesh, root } from "../workspace.ts";

const workers = readMesh().workers.map(({ name }) => name);

/** Rooms of the gateway; each imports those of the lines below it. */
const rooms = [["entry"], ["endpoints"], ["serving"], ["access", "routing"], ["request"], ["record", "settings"]];
const depthOf = (room: string) => rooms.findIndex((line) => line.includes(room));

/** A file, what it imports, and whether lint lets it. */
type Case = [from: string, to: string, allowed: boolean];

const betweenWorkers = workers.flatMap((from) =>
  workers
    .filter((to) => to !== from)
    .flatMap((to): Case[] => [
      [`workers/${from}/src/index.ts`, `../../${to}/src/index.ts`, false],
      [`workers/${from}/src/deep/file.ts`, `../../../${to}/src/deep/file.ts`, false],
      [`workers/${from}/src/index.ts`, `@ai-proxy/${to}/src/index`, false],
      [`workers/${from}/test/some.test.ts`, `../../${to}/src/index.ts`, false],
      [`workers/${from}/test/some.test.ts`, `@ai-proxy/${to}/src/index`, false],
    ]),
);

const betweenRooms = rooms.flat().flatMap((from) => [
  ...rooms.flat().map((to): Case => {
    const allowed = from === to || depthOf(from) < depthOf(to);
    return [`workers/gateway/src/${from}/file.ts`, from === to ? "./other.ts" : `../${to}/file.ts`, allowed];
  }),
  [`workers/gateway/src/${from}/file.ts`, "../index.ts", false] satisfies Case,
]);

const others: Case[] = [
  ["workers/gateway/src/index.ts", "./entry/handle.ts", true],
  ["workers/gateway/src/endpoints/admin/keys.ts", "../../access/keys.ts", true],
  ["workers/gateway/src/endpoints/admin/keys.ts", "../../entry/handle.ts", false],
  ["workers/cf-ai/src/chat.ts", "@ai-proxy/shared/upstream/reply", true],
  ["workers/cf-ai/src/chat.ts", "./tools.ts", true],
  ["workers/cf-ai/src/chat.ts", "../../../shared/errors.ts", false],
  ["workers/cf-ai/src/chat.ts", "../../../dev/replies.ts", false],
  ["workers/cf-ai/src/chat.ts", "../../../tests/mesh.ts", false],
  ["workers/cf-ai/src/chat.ts", "../../../tools/workspace.ts", false],
  ["workers/cf-ai/src/chat.ts", "../../../bench/run.ts", false],
  ["workers/cf-ai/src/chat.ts", "../test/helpers.ts", false],
  ["workers/cf-ai/test/chat.test.ts", "../src/chat.ts", true],
  ["workers/cf-ai/test/chat.test.ts", "../../../dev/replies.ts", true],
  ["workers/tokenizer/test/table.test.ts", "../tools/table.ts", true],
  ["shared/errors.ts", "./json.ts", true],
  ["shared/errors.ts", "./formats/error-body.ts", false],
  ["shared/json.ts", "./contract/relay.ts", false],
  ["shared/log.ts", "./registry.ts", false],
  ["shared/formats/sse.ts", "../json.ts", true],
  ["shared/formats/sse.ts", "../contract/relay.ts", false],
  ["shared/formats/sse.ts", "../upstream/stream.ts", false],
  ["shared/contract/relay.ts", "../formats/usage.ts", true],
  ["shared/contract/relay.ts", "../upstream/stream.ts", false],
  ["shared/upstream/stream.ts", "../contract/relay.ts", true],
  ["shared/registry.ts", "./registry/openai.ts", true],
  ["shared/registry.ts", "./contract/relay.ts", false],
  ["shared/registry/openai.ts", "../json.ts", true],
  ["shared/registry/openai.ts", "../formats/usage.ts", false],
  ["shared/registry/openai.ts", "../upstream/fetch.ts", false],
  ["shared/upstream/fetch.ts", "../../workers/gateway/src/index.ts", false],
  ["shared/upstream/fetch.ts", "@ai-proxy/gateway/src/index", false],
  ["shared/upstream/fetch.ts", "../../dev/replies.ts", false],
  ["shared/test/sse.test.ts", "../formats/sse.ts", true],
  ["shared/test/sse.test.ts", "../../tests/mesh.ts", false],
  ["tests/mesh.ts", "../workers/gateway/src/index.ts", true],
  ["tools/check.ts", "../shared/registry.ts", true],
  ["dev/replies.ts", "../shared/json.ts", true],
  ["bench/run.ts", "../workers/tokenizer/src/index.ts", true],
];

const cases = [...betweenWorkers, ...betweenRooms, ...others];

const forms = {
  "import of a value": (to: string) => `import { a } from "${to}";\n`,
  "import of a type": (to: string) => `import type { A } from "${to}";\n`,
  "re-export": (to: string) => `export { a } from "${to}";\n`,
  "type in place": (to: string) => `export type A = import("${to}").A;\n`,
  "type of a module": (to: string) => `export type A = typeof import("${to}");\n`,
  "import while running": (to: string) => `export const a = await import("${to}");\n`,
};
const wrongImport = "../../gateway/src/index.ts";

const folder = mkdtempSync(join(tmpdir(), "import-rules-"));
afterAll(() => rmSync(folder, { recursive: true }));

/** What lint complains of, as "rule file:line". */
let complaints: string[];

beforeAll(async () => {
  for (const name of ["biome.json", "tools/lint"]) cpSync(join(root, name), join(folder, name), { recursive: true });
  for (const [from, imports] of Map.groupBy(cases, ([from]) => from)) {
    write(from, imports.map(([, to]) => `import "${to}";\n`).join(""));
  }
  const everyForm = Object.values(forms).map((form) => form(wrongImport));
  write("workers/audit/src/forms.ts", everyForm.join(""));
  write("workers/audit/src/one.ts", 'import type { Two } from "./two.ts";\nexport type One = Two;\n');
  write("workers/audit/src/two.ts", 'import type { One } from "./one.ts";\nexport type Two = One;\n');
  complaints = await lint();
});

test("lint refuses each wrong import, and no right one", () => {
  const refused = cases.filter(([from, to]) => complaints.includes(`plugin ${from}:${lineOf(from, to)}`));
  expect(refused.map(toText)).toEqual(cases.filter(([, , allowed]) => !allowed).map(toText));
});

test.each(Object.keys(forms))("the rules see the %s", (form) => {
  expect(complaints).toContain(`plugin workers/audit/src/forms.ts:${Object.keys(forms).indexOf(form) + 1}`);
});

test("a cycle of types is a cycle", () => {
  expect(complaints).toContain("lint/suspicious/noImportCycles workers/audit/src/one.ts:1");
});

test("every room of the gateway and every folder of shared/ has its rules", () => {
  const folders = (of: string) => globSync("*/", { cwd: join(root, of) }).map((name) => name.replace(/\/$/, ""));
  expect(rooms.flat()).toEqual(expect.arrayContaining(folders("workers/gateway/src")));
  expect(["contract", "formats", "registry", "test", "upstream"]).toEqual(expect.arrayContaining(folders("shared")));
});

function toText([from, to]: Case): string {
  return `${from} imports ${to}`;
}

function lineOf(from: string, to: string): number {
  return cases.filter((each) => each[0] === from).findIndex((each) => each[1] === to) + 1;
}

function write(file: string, text: string): void {
  mkdirSync(dirname(join(folder, file)), { recursive: true });
  writeFileSync(join(folder, file), text);
}

/** Runs Biome on the folder; it exits with 1, as the folder is full of errors. */
async function lint(): Promise<string[]> {
  const biome = join(root, "node_modules/.bin/biome");
  const args = ["lint", "--vcs-enabled=false", "--max-diagnostics=none", "--reporter=github"];
  const { stdout } = await promisify(execFile)(biome, args, { cwd: folder }).catch((failure) => failure);
  const found = String(stdout).matchAll(/^::\w+ title=([^,]+),file=([^,]+),line=(\d+)/gm);
  return [...found].map(([, rule, file = "", line]) => `${rule} ${relative(realpathSync(folder), file)}:${line}`);
}
