/** One structured line. Never pass content, keys or tokens: ids, names, numbers and codes only. */
export function log(event: string, fields: object): void {
  console.log(JSON.stringify({ event, ...fields }));
}
