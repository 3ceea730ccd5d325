/**
 * One structured line for Workers Logs. Ids, names, numbers and codes only:
 * never a prompt, an answer, a key or a token.
 */
export function log(event: string, fields: object): void {
  console.log(JSON.stringify({ event, ...fields }));
}
