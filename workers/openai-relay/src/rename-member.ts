import { type Member, memberValue, type ObjectEdits } from "./json-edit.ts";

/** What may stand in an object under two names: the one that is wanted, and the one that becomes it. */
export interface TwoNames {
  wanted: string;
  other: string;
}

/**
 * The edits after which a value stands under the wanted name alone. A null is no value. Null when both
 * names have one: which of them goes is for others to say.
 * `{"max_tokens":9}`, wanted max_completion_tokens → `{"max_completion_tokens":9}`
 */
export function renameMember(
  text: string,
  members: readonly Member[],
  { wanted, other }: TwoNames,
): Required<Pick<ObjectEdits, "remove" | "rename">> | null {
  const isNull = (name: string) => {
    const value = memberValue(members, name);
    return value !== undefined && text.startsWith("null", value.start);
  };
  if (memberValue(members, other) === undefined) return { remove: new Set(), rename: {} };
  if (isNull(other)) return { remove: new Set([other]), rename: {} };
  const taken = memberValue(members, wanted) !== undefined;
  if (taken && !isNull(wanted)) return null;
  return { remove: new Set(taken ? [wanted] : []), rename: { [other]: wanted } };
}
