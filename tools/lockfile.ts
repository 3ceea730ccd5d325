import { readJsonc } from "./workspace.ts";

/** package-lock.json, as npm writes it (lockfileVersion 3). */
export interface Lockfile {
  packages: Record<string, { version?: string; integrity?: string; resolved?: string; link?: boolean }>;
}

const REGISTRY = "https://registry.npmjs.org/";

/** Throws for packages whose content `npm ci` would not verify, on whatever platform it runs. */
export function checkLockfile(lock = readJsonc<Lockfile>("package-lock.json")): void {
  const problems = lockfileProblems(lock);
  if (problems.length > 0) throw new Error(`package-lock.json:\n${problems.join("\n")}`);
}

/** npm leaves out the integrity of packages for other platforms when it writes the file from a node_modules that lacks them. */
export function lockfileProblems({ packages }: Lockfile): string[] {
  return Object.entries(packages)
    .filter(([path, { link }]) => path.includes("node_modules/") && !link)
    .flatMap(([path, { version, integrity, resolved = REGISTRY }]) => [
      ...(integrity?.startsWith("sha512-") ? [] : [`${path} ${version} has no integrity of SHA-512`]),
      ...(resolved.startsWith(REGISTRY) ? [] : [`${path} ${version} comes from ${resolved}`]),
    ]);
}
