/** How a call stands in the assistant's message, before its arguments. */
export function assistantCallText(name: string): string {
  return ` to=functions.${name}`;
}

/** Who speaks in a tool's message. */
export function toolResultHeader(name: string): string {
  return `functions.${name}`;
}
