/** A CPU profile as the inspector gives it: a tree of calls, and which node each sample hit. */
export interface CpuProfile {
  nodes: ProfileNode[];
  samples?: number[];
  /** Microseconds between a sample and the one before it. */
  timeDeltas?: number[];
}

interface ProfileNode {
  id: number;
  callFrame: { functionName: string; url: string; lineNumber: number };
  children?: number[];
}

/** Time in which nothing of the Worker ran, or nothing that JavaScript knows of. */
const NOT_THE_WORKER = new Set(["(root)", "(idle)"]);

/** A function's own time, and its time with all that it called, milliseconds. */
export interface FunctionTime {
  name: string;
  selfMs: number;
  totalMs: number;
}

/**
 * The functions of a profile, the most expensive first.
 * @param samplingUs the interval of the profiler: a sample that came later than twice that stands for no more, since all
 *   Workers share a thread and the time before it was another's
 */
export function functionTimes(profile: CpuProfile, samplingUs: number): FunctionTime[] {
  const nodes = new Map(profile.nodes.map((node) => [node.id, node]));
  const parents = new Map(
    profile.nodes.flatMap((node) => (node.children ?? []).map((child) => [child, node.id] as const)),
  );
  const times = new Map<string, FunctionTime>();
  for (const [at, id] of (profile.samples ?? []).entries()) {
    const ms = Math.min(profile.timeDeltas?.[at] ?? 0, 2 * samplingUs) / 1e3;
    const node = nodes.get(id);
    if (node === undefined || NOT_THE_WORKER.has(node.callFrame.functionName)) continue;
    timeOf(times, node).selfMs += ms;
    for (const name of stack(node, nodes, parents)) timeOf(times, name).totalMs += ms;
  }
  return [...times.values()].sort((a, b) => b.selfMs - a.selfMs);
}

/** A node and its callers, each function once, however deep it recurs. */
function stack(node: ProfileNode, nodes: Map<number, ProfileNode>, parents: Map<number, number>): Set<string> {
  const names = new Set<string>();
  for (let at: ProfileNode | undefined = node; at !== undefined; ) {
    if (!NOT_THE_WORKER.has(at.callFrame.functionName)) names.add(nameOf(at));
    const parent = parents.get(at.id);
    at = parent === undefined ? undefined : nodes.get(parent);
  }
  return names;
}

function timeOf(times: Map<string, FunctionTime>, of: ProfileNode | string): FunctionTime {
  const name = typeof of === "string" ? of : nameOf(of);
  const time = times.get(name) ?? { name, selfMs: 0, totalMs: 0 };
  times.set(name, time);
  return time;
}

function nameOf({ callFrame: { functionName, url, lineNumber } }: ProfileNode): string {
  const name = functionName === "" ? "(anonymous)" : functionName;
  return url === "" ? name : `${name} ${url.split("/").at(-1)}:${lineNumber + 1}`;
}
