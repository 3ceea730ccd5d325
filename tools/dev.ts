import { type ChatOptions, chat, chatRequest } from "./chat.ts";
import { curlLine, shellQuoted } from "./curl.ts";
import { logLine } from "./local/log-line.ts";
import { findMesh, type LocalMesh, meshDirectory, type StartOptions, startMesh } from "./local/mesh.ts";
import { portIsFree } from "./local/port.ts";
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
  const running = await startAlone(mesh, {
    port,
    live,
    signal,
    onLine(line) {
      const text = quiet ? null : logLine(line);
      if (text !== null) console.log(text);
    },
  });
  try {
    printAddress(running);
    if (greet) await firstChat(running, signal);
    printExamples(running);
    quiet = false;
    await untilEnd(running, signal);
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
