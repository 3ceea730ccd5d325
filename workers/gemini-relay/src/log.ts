/** One structured line. Names, labels and codes only: never a key, a prompt or an answer. */
export function log(event: string, fields: Record<string, string | number>): void {
  console.log(JSON.stringify({ event, worker: "gemini-relay", ...fields }));
}
