import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    // The Workers log a line a request: shown only for a test that fails.
    silent: "passed-only",
    // Mesh tests mostly wait: two files at a time also on two cores, where vitest would take one.
    maxWorkers: 2,
    // A test that asserts nothing, or only in a loop that never runs, shows nothing.
    expect: { requireAssertions: true },
    projects: [
      // Pure code, in Node.
      {
        test: {
          name: "unit",
          include: ["workers/*/test/**/*.test.ts", "shared/test/**/*.test.ts", "tools/test/**/*.test.ts"],
          // Ends what hangs; a table of all code points takes more than vitest's 5 s on a busy machine.
          testTimeout: 30_000,
        },
      },
      // The six real Workers in workerd.
      { test: { name: "mesh", include: ["tests/**/*.test.ts"], testTimeout: 30_000, hookTimeout: 60_000 } },
    ],
  },
});
