import { randomBytes } from "node:crypto";
import { linkSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** The token of this machine's meshes: made once, and the same at each start, so that clients keep their settings. */
export function keptToken(directory: string): string {
  const path = join(directory, "token");
  mkdirSync(directory, { recursive: true });
  const draft = join(directory, `token.${process.pid}`);
  // The owner's only.
  writeFileSync(draft, `local-${randomBytes(18).toString("base64url")}`, { mode: 0o600 });
  try {
    // Of two first starts at the same time one succeeds, and the other never reads half a token.
    linkSync(draft, path);
  } catch (thrown) {
    if (!(thrown instanceof Error && "code" in thrown && thrown.code === "EEXIST")) throw thrown;
  } finally {
    rmSync(draft);
  }
  const token = readFileSync(path, "utf8").trim();
  if (token === "") throw new Error(`${path} is empty: delete it, and the next start makes a token.`);
  return token;
}
