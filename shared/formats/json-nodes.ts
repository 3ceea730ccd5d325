import { invalidResponse } from "../errors.ts";

/** Objects and lists in a provider's JSON at most: 60 MB of `{},` are 1.6 GB once they are parsed. */
export const MOST_JSON_NODES = 1_000_000;

/** Throws a 502 when a text, once parsed, would hold too many. Brackets in strings count too: no answer has so many. */
export function checkNodes(json: string): void {
  if (json.length <= MOST_JSON_NODES) return;
  let nodes = 0;
  for (const bracket of ["{", "["]) {
    for (let at = json.indexOf(bracket); at !== -1; at = json.indexOf(bracket, at + 1)) {
      if (++nodes > MOST_JSON_NODES) {
        throw invalidResponse(`The provider's answer holds more than ${MOST_JSON_NODES} objects and lists.`);
      }
    }
  }
}
