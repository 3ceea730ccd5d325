import { type ChatOptions, chat, chatRequest } from "./chat.ts";
import { INTERRUPTIONS } from "./child.ts";
import { curlLine, shellQuoted } from "./curl.ts";
import { findMesh, type LocalMesh, meshDirectory, type StartOptions, startMesh } from "./local/mesh.ts";
import { PendingAudit } from "./local/pending-audit.ts";
import { portIsFree } from "./local/port.ts";
import { RequestLines } from "./local/request-lines.ts";
import { claimStart } from "./local/starting.ts";
import type { Mesh } from "./workspace.ts";

export interface DevOptions {
  port: number;
  /** Real providers, as far as there are credentials. */
  live: boolean;
  /** Sends a first chat and shows it. */
  greet: boolean;
  /** Ends it. */
  signal: AbortSignal;
}

/** Runs the mesh until `signal`: code and config changes are taken up as they are saved. */
export async function dev(mesh: Mesh, { port, live, greet, signal }: DevOptions): Promise<void> {
  let quiet = true;
  const lines = new RequestLines((text) => {
    if (!quiet) console.log(text);
  });
  const audit = new PendingAudit();
  const running = await startAlone(mesh, {
    port,
    live,
    signal,
    onLine(line) {
      lines.push(line);
      audit.push(line);
    },
  });
  try {
    printAddress(running);
    if (greet) await firstChat(running, signal);
    printExamples(running);
    quiet = false;
    await untilEnd(running, signal);
    await writeLastRecords(audit);
  } finally {
    await running.stop();
  }
}

/** Of two starts on one port at the same time the second is refused. */
async function startAlone(mesh: Mesh, options: StartOptions & { port: number }): Promise<LocalMesh> {
  await expectFreePort(options.port);
  using _ = claimStart(meshDirectory(options.port));
  // Again: the first one may have come up in the meantime.
  await expectFreePort(options.port);
  console.log(`Starting ${mesh.workers.length} Workers …`);
  return await startMesh(mesh, options);
}

async function expectFreePort(port: number): Promise<void> {
  if (await portIsFree(port)) return;
  const other = await findMesh(port);
  if (other !== null)
    throw new Error(`The mesh runs already, at ${other.url}. A second one: PORT=${port + 1} ./run.sh`);
  throw new Error(`Port ${port} is taken by another program. Choose one: PORT=${port + 1} ./run.sh`);
}

function printAddress({ url, token, providers, directory }: LocalMesh): void {
  console.log(`
  URL      ${url}/v1
  token    ${token}
  log      ${directory}/wrangler.log
`);
  for (const { provider, source } of providers) console.log(`  ${provider.padEnd(11)} ${source}`);
}

/** One that fails is shown and ends nothing: the other providers may answer, and what is wrong can be set right while the mesh runs. */
export async function firstChat({ url, token }: Pick<LocalMesh, "url" | "token">, signal: AbortSignal): Promise<void> {
  const options: ChatOptions = { url, token, prompt: "Hello! Who are you?" };
  console.log(`\n> ${options.prompt}`);
  try {
    await chat(options, { out: process.stdout, showReasoning: true });
  } catch (thrown) {
    if (!signal.aborted) console.error(thrown instanceof Error ? thrown.message : String(thrown));
  }
}

function printExamples({ url, token }: LocalMesh): void {
  const json = { "X-AUTH-TOKEN": token, "Content-Type": "application/json" };
  const examples = [
    chatRequest({ url, token, prompt: "Tell me a joke" }),
    chatRequest({ url, token, prompt: "Tell me a joke", provider: "openai" }),
    chatRequest({ url, token, prompt: "Tell me a joke", provider: "gemini" }),
    { url: `${url}/v1/models`, headers: { "X-AUTH-TOKEN": token } },
    {
      url: `${url}/v1/tokenize`,
      headers: json,
      method: "POST",
      body: '{"model": "gpt-4", "text": "How many tokens?"}',
    },
  ];
  console.log(`\nTo paste into another terminal:\n\n  export AUTH_TOKEN=${shellQuoted(token)}`);
  for (const example of examples) console.log(`  ${curlLine(example)}`);
  console.log("\nChanges of the code are taken up at once. Ctrl-C stops the mesh.\n");
}

async function untilEnd({ ended }: LocalMesh, signal: AbortSignal): Promise<void> {
  const asked = new Promise<"asked">((resolve) => {
    if (signal.aborted) resolve("asked");
    signal.addEventListener("abort", () => resolve("asked"), { once: true });
  });
  const why = await Promise.race([asked, ended.then(() => "ended" as const)]);
  if (why === "ended") throw new Error("wrangler dev has ended.");
}

/** The queue hands the last records over only after some seconds, and loses them when the mesh ends before. */
async function writeLastRecords(audit: PendingAudit): Promise<void> {
  if (!audit.pending) return;
  console.log("Writing the last audit records, a few seconds … (Ctrl-C again: stop without them)");
  const again = new Promise<false>((resolve) => {
    for (const name of INTERRUPTIONS) process.once(name, () => resolve(false));
  });
  if (!(await Promise.race([audit.written(), again]))) console.log("The last audit records are not written.");
}
