import { parseArgs } from "node:util";

export interface Options {
  /** Under a minute: shorter runs, fewer rounds, without the longest scenarios. */
  quick: boolean;
  /** Only scenarios whose name begins with one of these; all when empty. */
  only: string[];
  /** File for the results as JSON. */
  json: string | undefined;
  /** Minutes of the soak, which then runs in place of the scenarios. */
  soakMinutes: number | undefined;
  /** Writes a CPU profile of each Worker and scenario, in place of measuring. */
  profile: boolean;
  /** Runs a scenario has for each side, one side after the other. */
  rounds: number;
}

export const USAGE = `usage: npm run bench -- [options]

  --quick           under 60 s: shorter runs, two rounds
  --only NAME       only scenarios whose name begins with NAME ("start-up" too); may be repeated
  --rounds N        runs of each side (3; quick: 2)
  --json FILE       results as [{name, value, bare, ratio, target, met}]
  --soak MINUTES    200 streams at once for so long: is the memory flat?
  --profile         CPU profiles of the mesh's Workers into dist/bench/profiles

Exit code: 0 all targets met, 1 some missed, 2 a run failed.`;

/** Throws on options that it does not know. */
export function readOptions(args: string[]): Options {
  const { values } = parseArgs({
    args,
    options: {
      quick: { type: "boolean", default: false },
      only: { type: "string", multiple: true, default: [] },
      json: { type: "string" },
      soak: { type: "string" },
      profile: { type: "boolean", default: false },
      rounds: { type: "string" },
    },
  });
  return {
    quick: values.quick,
    only: values.only,
    json: values.json,
    soakMinutes: values.soak === undefined ? undefined : positive("--soak", values.soak),
    profile: values.profile,
    rounds: values.rounds === undefined ? (values.quick ? 2 : 3) : positive("--rounds", values.rounds),
  };
}

function positive(name: string, text: string): number {
  const value = Number(text);
  if (!(value > 0)) throw new Error(`${name} must be a number above 0.`);
  return value;
}
