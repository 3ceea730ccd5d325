import { type Member, memberValue } from "./json-edit.ts";
import { renameMember } from "./rename-member.ts";
import type { Upstream } from "./upstreams.ts";

/** What is done to the members of one object of a request. */
export interface MemberEdits {
  remove: Set<string>;
  rename: Record<string, string>;
}

/** The names of fields that were left out and held something, for `x-gateway-ignored`. */
export type Ignored = Set<string>;

/**
 * The edits for the fields at a request's root that the upstream calls otherwise or does not take.
 * `{"seed":1,"store":true}`, {seed: "random_seed", store: null} → `{"random_seed":1}`, and store is ignored
 */
export function rootFieldEdits(
  text: string,
  members: readonly Member[],
  fields: Upstream["fields"],
  ignored: Ignored,
): MemberEdits {
  const edits: MemberEdits = { remove: new Set(), rename: {} };
  for (const [name, wanted] of Object.entries(fields)) {
    if (wanted === name || memberValue(members, name) === undefined) continue;
    const renamed = wanted === null ? null : renameMember(text, members, { wanted, other: name });
    if (renamed === null) leaveOut(text, members, name, { edits, ignored });
    else {
      for (const key of renamed.remove) edits.remove.add(key);
      Object.assign(edits.rename, renamed.rename);
    }
  }
  return edits;
}

/** Names below a place ("messages[]") that the upstream does not take there. */
export function refusedWithin(fields: Upstream["fields"], place: string): string[] {
  return Object.entries(fields).flatMap(([path, to]) => {
    const name = path.startsWith(`${place}.`) ? path.slice(place.length + 1) : "";
    return to === null && /^[\w-]+$/.test(name) ? [name] : [];
  });
}

/** Takes a member out, and names it as ignored where it held something: nulls and empty lists are no loss. */
export function leaveOut(
  text: string,
  members: readonly Member[],
  name: string,
  { edits, ignored, place = "" }: { edits: Pick<MemberEdits, "remove">; ignored: Ignored; place?: string },
): void {
  const value = memberValue(members, name);
  if (value === undefined) return;
  edits.remove.add(name);
  if (!/^(?:null|""|\[\s*\]|\{\s*\})$/.test(text.slice(value.start, value.end))) ignored.add(place + name);
}

/** Says which fields of the request the upstream has nothing for. */
export function ignoredHeader(ignored: Ignored): Record<string, string> {
  return ignored.size === 0 ? {} : { "x-gateway-ignored": [...ignored].join(", ") };
}
