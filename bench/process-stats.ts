import { readdirSync, readFileSync, writeFileSync } from "node:fs";

/**
 * CPU time that a process has used, nanoseconds, user and system together: the
 * sum over its threads of what the scheduler has counted. /proc/PID/stat says
 * the same in steps of 10 ms, which is too coarse for a run of a second.
 */
export function cpuNs(pid: number): number {
  let sum = 0;
  for (const thread of readdirSync(`/proc/${pid}/task`)) {
    sum += Number(readFileSync(`/proc/${pid}/task/${thread}/schedstat`, "utf8").split(" ")[0]);
  }
  return sum;
}

/** Lets the peak of the resident memory begin anew, so that each scenario has its own. */
export function resetPeakRss(pid: number): void {
  writeFileSync(`/proc/${pid}/clear_refs`, "5");
}

/** Peak of the resident memory since its last reset, MB. */
export function peakRssMb(pid: number): number {
  return statusMb(pid, "VmHWM");
}

/** Resident memory now, MB. */
export function rssMb(pid: number): number {
  return statusMb(pid, "VmRSS");
}

function statusMb(pid: number, field: string): number {
  const line = new RegExp(`^${field}:\\s+(\\d+) kB$`, "m").exec(readFileSync(`/proc/${pid}/status`, "utf8"));
  if (line === null) throw new Error(`/proc/${pid}/status has no ${field}.`);
  return Number(line[1]) / 1024;
}
