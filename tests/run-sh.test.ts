import { spawn } from "node:child_process";
import {
  copyFileSync,
  cpSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { createServer as createHttpServer } from "node:http";
import { createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { listen } from "../tools/test/listen.ts";
import { readJsonc, root } from "../tools/workspace.ts";

const script = join(import.meta.dirname, "../run.sh");
let server: Server | undefined;
afterEach(() => {
  server?.close();
});

/** Runs it from another directory, as people do. */
function runSh(
  args: string[],
  env: Record<string, string> = {},
  { path = script, onOutput = (_: string) => {} } = {},
): Promise<{ status: number | null; output: string }> {
  const child = spawn(path, args, {
    cwd: tmpdir(),
    env: { ...process.env, ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.on("data", (text) => {
      output += text;
      onOutput(output);
    });
  }
  return new Promise((resolve) => child.on("close", (status) => resolve({ status, output })));
}

test("an unknown command shows how it is used", async () => {
  const { status, output } = await runSh(["nonsense"]);
  expect(status).toBe(2);
  expect(output).toContain("./run.sh check [URL]");
});

test("a port that another program has is named, with a way out", async () => {
  server = createServer();
  const port = await listen(server);
  const { status, output } = await runSh([], { PORT: String(port) });
  expect(status).toBe(1);
  expect(output).toContain(`Port ${port} is taken by another program. Choose one: PORT=${port + 1} ./run.sh`);
});

test("a check of a gateway elsewhere asks for its token instead of failing check by check", async () => {
  const { status, output } = await runSh(["check", "https://example.com"], { AUTH_TOKEN: "" });
  expect(status).toBe(2);
  expect(output).toContain("AUTH_TOKEN");
});

test("a Node that cannot run TypeScript is named, with a way to one that can", async () => {
  const { status, output } = await runSh(["chat", "Hello"], { NODE_OPTIONS: "--no-experimental-strip-types" });
  expect(status).toBe(1);
  expect(output).toContain(`Node 22.18 or later is needed; this is ${process.version}. On Linux, npm ci brings one`);
});

test("npm's commands name it too", () => {
  const { scripts } = readJsonc<{ scripts: Record<string, string> }>("package.json");
  const ours = Object.values(scripts).filter((script) => /^(exec )?node /.test(script));
  expect(ours.length).toBeGreaterThan(0);
  expect(ours.filter((script) => !script.includes("node -r ./tools/check-node.cjs "))).toEqual([]);
});

test("a signal to npm run dev ends the mesh: npm passes it on to the shell, which must not stand between", () => {
  const { scripts } = readJsonc<{ scripts: Record<string, string> }>("package.json");
  expect(scripts["dev"]).toMatch(/^exec node /);
});

test("a missing program is named", async () => {
  const bin = mkdtempSync(join(tmpdir(), "ai-proxy-bin-"));
  for (const program of ["/bin/bash", "/usr/bin/dirname"]) symlinkSync(program, join(bin, basename(program)));
  try {
    expect(await runSh([], { PATH: bin })).toEqual({
      status: 1,
      output: "curl is needed and was not found. Please install it.\n",
    });
  } finally {
    rmSync(bin, { recursive: true });
  }
});

describe("chat --live", () => {
  let copy: string;
  let env: Record<string, string>;
  beforeEach(() => {
    // Without the .dev.vars and the login of whoever runs this.
    copy = mkdtempSync(join(tmpdir(), "ai-proxy-live-"));
    for (const part of ["dev", "shared", "tools", "workers", "package.json", "wrangler.workspace"]) {
      cpSync(join(root, part), join(copy, part), {
        recursive: true,
        filter: (path) => ![".dev.vars", "node_modules", ".wrangler"].includes(basename(path)),
      });
    }
    symlinkSync(join(root, "node_modules"), join(copy, "node_modules"));
    const none = { CLOUDFLARE_API_TOKEN: "", CLOUDFLARE_API_KEY: "", CLOUDFLARE_ACCOUNT_ID: "" };
    env = { ...none, HOME: copy, XDG_CONFIG_HOME: copy, PORT: "1" };
  });
  afterEach(() => rmSync(copy, { recursive: true }));

  /** What run.sh starts; its look at package-lock.json would install into the link. */
  const chat = (...options: string[]) =>
    runSh([join(copy, "tools/mesh.ts"), "chat", "Hello", "--live", ...options], env, { path: process.execPath });

  test("without any key says which are missing instead of giving a stand-in's answer", async () => {
    const { status, output } = await chat();
    expect(status).toBe(1);
    expect(output).toMatch(/cloudflare +not logged in to Cloudflare/);
    expect(output).toContain("no OPENAI_API_KEY in workers/openai-relay/.dev.vars");
    expect(output).toContain("no GEMINI_API_KEY in workers/gemini-relay/.dev.vars");
    expect(output).not.toContain("stand-in for");
  });

  test("asks the provider that has a key, and says what the others lack", async () => {
    const provider = createHttpServer((_, response) => {
      const choices = [{ index: 0, delta: { role: "assistant", content: "Really here" }, finish_reason: "stop" }];
      response.writeHead(200, { "content-type": "text/event-stream" });
      response.end(
        `data: ${JSON.stringify({ id: "c", object: "chat.completion.chunk", choices })}\n\ndata: [DONE]\n\n`,
      );
    });
    server = provider;
    const settings = `OPENAI_API_KEY="k"\nOPENAI_BASE_URL="http://127.0.0.1:${await listen(provider)}/v1"\n`;
    writeFileSync(join(copy, "workers/openai-relay/.dev.vars"), settings);
    const { status, output } = await chat("--provider", "openai");
    expect(output).toContain("Really here");
    expect(output).toContain("gemini (no GEMINI_API_KEY in workers/gemini-relay/.dev.vars)");
    expect(status).toBe(0);
  });
});

describe("a first start", () => {
  /** Installs once the file `go` is there. */
  const NPM_CI = `echo installed >>npm.log; until [ -e go ]; do sleep 0.1; done; mkdir node_modules; touch node_modules/.package-lock.json`;
  let clone: string;
  let env: Record<string, string>;
  beforeEach(() => {
    clone = mkdtempSync(join(tmpdir(), "ai-proxy-clone-"));
    env = { PATH: `${clone}:${process.env["PATH"]}` };
    copyFileSync(script, join(clone, "run.sh"));
    writeFileSync(join(clone, "package-lock.json"), "{}");
    for (const [program, text] of [
      ["npm", NPM_CI],
      ["node", "echo started"],
    ] as const)
      writeFileSync(join(clone, program), `#!/bin/sh\n${text}\n`, { mode: 0o755 });
  });
  afterEach(() => rmSync(clone, { recursive: true }));

  const done = { status: 0, output: "Installing packages (once) …\nstarted\n" };

  test("installs, and a second one at the same time waits for it", async () => {
    let waiting = 0;
    const onOutput = (output: string) => {
      if (output.endsWith("Installing packages (once) …\n") && ++waiting === 2) writeFileSync(join(clone, "go"), "");
    };
    const start = () => runSh([], env, { path: join(clone, "run.sh"), onOutput });
    expect(await Promise.all([start(), start()])).toEqual([done, done]);
    expect(readFileSync(join(clone, "npm.log"), "utf8")).toBe("installed\n");
  });

  test("says after ten seconds what it waits for", async () => {
    const sleep = `[ "$1" = 10 ] || exec /bin/sleep "$@"`;
    writeFileSync(join(clone, "sleep"), `#!/bin/sh\n${sleep}\n`, { mode: 0o755 });
    const npm = `if [ "$1" = config ]; then echo https://registry.example/; exit; fi\n${NPM_CI}`;
    writeFileSync(join(clone, "npm"), `#!/bin/sh\n${npm}\n`, { mode: 0o755 });
    const onOutput = (output: string) => {
      if (output.includes("after some minutes.\n")) writeFileSync(join(clone, "go"), "");
    };
    const { status, output } = await runSh([], env, { path: join(clone, "run.sh"), onOutput });
    expect(status).toBe(0);
    expect(output).toContain(
      "Still waiting for packages from https://registry.example/. Without a network npm gives up",
    );
  });

  test("that fails says so, and the next one tries again", async () => {
    writeFileSync(join(clone, "npm"), "#!/bin/sh\necho npm error network; exit 3\n", { mode: 0o755 });
    const start = () => runSh([], env, { path: join(clone, "run.sh") });
    const output = "npm error network\nThe packages could not be installed; npm says why above.\n";
    for (const attempt of [await start(), await start()]) {
      expect(attempt.status).toBe(3);
      expect(attempt.output.replace("Installing packages (once) …\n", "")).toBe(output);
    }
  });

  test("without a HOME that can be written to keeps what npm and wrangler write in .mesh", async () => {
    writeFileSync(join(clone, "go"), "");
    writeFileSync(join(clone, "node"), `#!/bin/sh\necho "home $HOME"\n`, { mode: 0o755 });
    for (const HOME of [join(clone, "none"), join(clone, "go"), ""]) {
      const { output } = await runSh([], { ...env, HOME }, { path: join(clone, "run.sh") });
      expect(output).toContain(`home ${realpathSync(clone)}/.mesh/home\n`);
    }
  });

  test("does not wait for one that was killed, though it has its process id, as in a container", async () => {
    writeFileSync(join(clone, "go"), "");
    const killed = `cd ${clone} && mkdir .mesh && ln -s $$ .mesh/installing && exec ./run.sh`;
    expect(await runSh(["-c", killed], env, { path: "bash" })).toEqual(done);
  });
});
