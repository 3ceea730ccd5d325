import { type ChildProcess, fork } from "node:child_process";

/** One of the bench's own processes: it says "ready", then answers every message with one. */
export interface Child {
  /** What it said when it was ready. */
  ready: unknown;
  ask<Answer>(message: unknown): Promise<Answer>;
  stop(): void;
}

/** Starts bench/<file> as a process of its own. */
export async function startChild(file: string): Promise<Child> {
  const child = fork(file, { stdio: ["ignore", "inherit", "inherit", "ipc"] });
  const stop = () => {
    child.kill("SIGKILL");
  };
  process.once("exit", stop);
  return {
    ready: await nextMessage(child),
    ask: (message) => {
      const answer = nextMessage(child);
      child.send(message as object);
      return answer as Promise<never>;
    },
    stop: () => {
      process.off("exit", stop);
      stop();
    },
  };
}

/** What a child answers when it failed. */
interface ChildError {
  error: string;
}

function nextMessage(child: ChildProcess): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const ended = () => reject(new Error(`${child.spawnargs.at(-1)} ended.`));
    child.once("close", ended);
    child.once("message", (message: unknown) => {
      child.off("close", ended);
      if (typeof message === "object" && message !== null && "error" in message)
        reject(new Error(String(message.error)));
      else resolve(message);
    });
  });
}

/** The child's side: says "ready" and answers each message. */
export function answerParent(ready: unknown, answer: (message: never) => unknown): void {
  process.on("message", async (message) => {
    try {
      process.send?.(await answer(message as never));
    } catch (error) {
      process.send?.({ error: error instanceof Error ? error.message : String(error) } satisfies ChildError);
    }
  });
  process.send?.(ready);
}
