/** A line of JSON for Workers Logs; never with anything of a request in it. */
export function log(event: string, fields: Record<string, unknown>): void {
  console.log(JSON.stringify({ event, worker: "audit", ...fields }));
}
