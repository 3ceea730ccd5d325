import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/**
 * Held while a mesh starts in `directory`: a second start there at the same time
 * would write its token over the first one's and leave none running. Throws when
 * another process holds it. One that was killed holds nothing any more.
 */
export function claimStart(directory: string): Disposable {
  const path = join(directory, "starting");
  mkdirSync(directory, { recursive: true });
  if (!claimed(path)) {
    const holder = Number(readFileSync(path, "utf8"));
    if (isAnother(holder)) throw new Error(`Another start of this mesh is under way (process ${holder}).`);
    rmSync(path, { force: true });
    if (!claimed(path)) throw new Error("Another start of this mesh is under way.");
  }
  return { [Symbol.dispose]: () => rmSync(path, { force: true }) };
}

/** False when the file is there already. */
function claimed(path: string): boolean {
  try {
    writeFileSync(path, String(process.pid), { flag: "wx" });
    return true;
  } catch (thrown) {
    if (thrown instanceof Error && "code" in thrown && thrown.code === "EEXIST") return false;
    throw thrown;
  }
}

/** Alive, and not this process: in a container that starts again each start has the same id. */
function isAnother(pid: number): boolean {
  try {
    return pid > 0 && pid !== process.pid && process.kill(pid, 0);
  } catch (thrown) {
    // Alive, and another user's.
    return thrown instanceof Error && "code" in thrown && thrown.code === "EPERM";
  }
}
