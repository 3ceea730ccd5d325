/** Stands between a call's id and the thought signature that travels inside it: `call_1__thought__c2ln`. */
export const THOUGHT_MARK = "__thought__";

/**
 * `call_1__thought__c2ln` → `call_1`; every other id as it is. Only Gemini has a use for the signature,
 * and others refuse such ids: OpenAI's may have 40 characters ("string too long", string_above_max_length).
 */
export function plainCallId(id: string): string {
  const cut = id.indexOf(THOUGHT_MARK);
  return cut > 0 ? id.slice(0, cut) : id;
}
