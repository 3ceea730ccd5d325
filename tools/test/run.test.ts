import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { expect, test } from "vitest";
import { run } from "../run.ts";

/** It starts the compiler as a process of its own, and neither ends by itself. */
const ENDLESS = ["tsc", ["--watch", "--noEmit", "--ignoreConfig", import.meta.filename]] as const;

test("a command ends with the tool that has started it, and so does what the command has started", async () => {
  const path = join(import.meta.dirname, "../run.ts");
  const script = `import { run } from ${JSON.stringify(path)}; await run(...${JSON.stringify(ENDLESS)});`;
  const tool = spawn(process.execPath, ["--input-type=module", "--eval", script], {
    stdio: ["ignore", "pipe", "ignore"],
  });
  await once(tool.stdout, "data");
  tool.kill("SIGTERM");
  // It comes once nobody holds the output open any more.
  expect(await once(tool, "close")).toEqual([1, null]);
});

test("a command that does not come back is ended, and says after what time", async () => {
  const [command, args] = ENDLESS;
  await expect(run(command, [...args], { quiet: true, timeoutMs: 100 })).rejects.toThrow(
    "It did not end within 100 ms.",
  );
});
