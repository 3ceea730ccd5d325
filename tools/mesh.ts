/** The mesh's command line, behind the npm scripts and run.sh. All lists of Workers come from wrangler.workspace. */
import { parseArgs } from "node:util";
import { build, size } from "./build.ts";
import { chat } from "./chat.ts";
import { runChecks } from "./check/run-checks.ts";
import { INTERRUPTIONS } from "./child.ts";
import { dev } from "./dev.ts";
import { expectLiveAnswer, notLive } from "./local/live.ts";
import { type Announcement, findMesh, meshDirectory, QUICK_PACE, startMesh } from "./local/mesh.ts";
import { checkLockfile } from "./lockfile.ts";
import { migrateLocal, migrateRemote } from "./migrate.ts";
import { startup } from "./startup.ts";
import { generateTypes, typecheck } from "./types.ts";
import { readMesh } from "./workspace.ts";

const mesh = readMesh();

/** Aborted by Ctrl-C, by `kill`, when the terminal is closed, and when nobody reads the output any more (`| head`). */
const interrupted = new AbortController();
for (const signal of INTERRUPTIONS) process.on(signal, () => interrupted.abort());
process.stdout.on("error", () => interrupted.abort());

const commands: Record<string, (args: string[]) => Promise<void>> = {
  dev: runDev,
  chat: runChat,
  check: runCheck,
  migrate: runMigrate,
  types: (args) => generateTypes(mesh, args),
  typecheck: () => typecheck(mesh),
  build: (args) => build(mesh, args),
  size: () => size(mesh),
  startup: () => startup(mesh),
  lockfile: async () => checkLockfile(),
};

async function runDev(args: string[]): Promise<void> {
  const options = { live: { type: "boolean" }, greet: { type: "boolean" } } as const;
  const { live = false, greet = false } = parseArgs({ args, options }).values;
  await dev(mesh, { port: portSetting(), live, greet, signal: interrupted.signal });
}

/** One answer, from the mesh that runs on PORT if it is as live as asked for, else from one that is started for it. */
async function runChat(args: string[]): Promise<void> {
  const options = { provider: { type: "string" }, model: { type: "string" }, live: { type: "boolean" } } as const;
  const { values, positionals } = parseArgs({ args, options, allowPositionals: true });
  const prompt = positionals.join(" ");
  if (prompt === "") throw new UsageError('chat "…" [--provider P] [--model M] [--live]');
  const terminal = { out: process.stdout, showReasoning: process.stdout.isTTY };
  const { provider, model, live = false } = values;
  const running = await findMesh(portSetting());
  const ask = async (asked: Announcement) => {
    if (live) await expectLiveAnswer(asked, { provider, model });
    const note = live ? notLive(asked.providers) : undefined;
    if (note !== undefined) console.error(note);
    await chat({ url: asked.url, token: asked.token, prompt, provider, model }, terminal);
  };
  if (running !== null && (running.live || !live)) {
    await orInterrupted(ask(running));
    return;
  }
  const started = await startMesh(mesh, { live, signal: interrupted.signal });
  try {
    await orInterrupted(ask(started));
  } finally {
    await started.stop();
  }
}

async function runCheck(args: string[]): Promise<void> {
  const [url, ...rest] = parseArgs({ args, options: {}, allowPositionals: true }).positionals;
  if (rest.length > 0) throw new UsageError("check [URL]");
  if (!(url === undefined ? await checkLocal() : await checkRemote(url))) process.exitCode = 1;
}

async function checkLocal(): Promise<boolean> {
  const { url, token, directory, stop } = await startMesh(mesh, { pace: QUICK_PACE, signal: interrupted.signal });
  try {
    return await orInterrupted(runChecks({ url, token, local: { mesh, state: `${directory}/state` } }));
  } finally {
    await stop();
  }
}

async function checkRemote(url: string): Promise<boolean> {
  const token = process.env["AUTH_TOKEN"];
  if (!token) throw new UsageError("AUTH_TOKEN=… check URL: the token of that gateway is needed");
  return runChecks({ url: url.replace(/\/(v1\/?)?$/, ""), token });
}

/** The database of the local mesh on PORT, or with --remote the account's. */
async function runMigrate(args: string[]): Promise<void> {
  const { remote = false } = parseArgs({ args, options: { remote: { type: "boolean" } } }).values;
  await (remote ? migrateRemote(mesh) : migrateLocal(mesh, `${meshDirectory(portSetting())}/state`));
}

/** Rejects at the first signal, so that what was started is stopped. */
function orInterrupted<T>(work: Promise<T>): Promise<T> {
  const interruption = new Promise<never>((_, reject) => {
    interrupted.signal.addEventListener("abort", () => reject(new Error("interrupted")), { once: true });
  });
  return Promise.race([work, interruption]);
}

function portSetting(): number {
  const port = Number(process.env["PORT"] || 8787);
  if (!Number.isInteger(port) || port < 1 || port > 65535)
    throw new UsageError("PORT must be a number from 1 to 65535");
  return port;
}

class UsageError extends Error {}

const [name = "", ...args] = process.argv.slice(2);
const command = commands[name];
try {
  if (command === undefined) throw new UsageError(Object.keys(commands).join(" | "));
  await command(args);
} catch (thrown) {
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  if (!interrupted.signal.aborted) console.error(thrown instanceof UsageError ? `usage: ${message}` : message);
  process.exitCode = thrown instanceof UsageError ? 2 : interrupted.signal.aborted ? 130 : 1;
}
// Nothing may keep the process alive once its command has ended.
process.exit();
