import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { endpoints } from "../../workers/gateway/src/endpoints/table.ts";
import { methodOf } from "../check/check.ts";
import { errorChecks, gatewayChecks } from "../check/gateway-checks.ts";
import { modelChecks } from "../check/model-checks.ts";
import { root } from "../workspace.ts";

const read = (path: string) => readFileSync(join(root, path), "utf8");

/** "POST /v1/tokenize", … */
const routes = endpoints
  .flatMap(({ path, methods }) => methods.map((method) => `${method} ${path.replace(":id+", "{id}")}`))
  .toSorted();

test("every endpoint of the gateway stands in README's table", () => {
  const [, section = ""] = read("README.md").split("## Endpoints");
  const [table = ""] = section.split("\n\n| field");
  const listed = [...table.matchAll(/`(?:(GET|POST)` or `)?(GET|POST) (\/\S*)`/g)].flatMap(([, or, method, path]) =>
    [or, method].flatMap((each) => (each === undefined ? [] : [`${each} ${path}`])),
  );
  expect(listed.toSorted()).toEqual(routes);
});

test("run.sh check calls every endpoint", () => {
  const called = [...gatewayChecks, ...modelChecks({ inPieces: true })].map((check) => {
    const [path = ""] = check.path.split("?");
    return `${methodOf(check)} ${path.replace(/(?<=^\/v1\/models\/).+/, "{id}")}`;
  });
  expect([...new Set(called)].toSorted()).toEqual(routes);
});

test("the body over the limit is over the highest that README allows", () => {
  const [, mebibytes] = /`MAX_BODY_BYTES`.*at most (\d+) MiB/.exec(read("README.md")) ?? [];
  const sizes = errorChecks.flatMap(({ bytes }) => bytes ?? []);
  expect(Math.min(...sizes)).toBeGreaterThan(Number(mebibytes) * 1024 * 1024);
});
