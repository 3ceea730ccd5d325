import { plainCallId, THOUGHT_MARK } from "@ai-proxy/shared/formats/tool-call-ids";
import {
  arrayElements,
  type Member,
  memberValue,
  objectMembers,
  objectSplices,
  type Span,
  type Splice,
  stringAt,
} from "./json-edit.ts";
import { renameMember } from "./rename-member.ts";
import { type Ignored, leaveOut, type MemberEdits, refusedWithin } from "./request-fields.ts";
import type { Upstream } from "./upstreams.ts";

/** One message of a request: the text that it stands in, its members there, and what is to be done to them. */
interface Message {
  text: string;
  members: readonly Member[];
  role: unknown;
  edits: MemberEdits & { set: Record<string, string> };
  ignored: Ignored;
}

/** Notes what is to be done to a message's own members. */
type Edit = (message: Message) => void;

const MESSAGES = "messages[]";
const CALLS = `${MESSAGES}.tool_calls[]`;

/** What the upstream's quirks and fields ask to be changed in a chat's messages, as splices; `members` are the request's. */
export function messageSplices(
  text: string,
  members: readonly Member[],
  upstream: Pick<Upstream, "quirks" | "fields">,
  ignored: Ignored,
): Splice[] {
  const edits = messageEdits(upstream);
  const editCall = callEdit(text, upstream, ignored);
  const messages = memberValue(members, "messages");
  if ((edits.length === 0 && editCall === null) || messages === undefined) return [];
  return objectsIn(text, messages).flatMap((parts) => {
    const role = memberValue(parts, "role");
    const empty = { remove: new Set<string>(), rename: {}, set: {} };
    const message: Message = { text, members: parts, role: role && stringAt(text, role), edits: empty, ignored };
    for (const edit of edits) edit(message);
    return [...objectSplices(text, parts, message.edits), ...(editCall === null ? [] : callSplices(message, editCall))];
  });
}

function messageEdits({ quirks, fields }: Pick<Upstream, "quirks" | "fields">): Edit[] {
  const { instruction_role, reasoning } = quirks;
  const edits: Edit[] = [];
  if (instruction_role !== "as_sent") edits.push((message) => nameRole(message, instruction_role));
  if (reasoning === "copy") edits.push(renameReasoning);
  if (reasoning === "drop") edits.push(dropReasoning);
  const refused = refusedWithin(fields, MESSAGES);
  if (refused.length > 0) edits.push((message) => dropRefused(message, refused));
  return edits;
}

/** The roles of instructing messages in the upstream's word for it. */
function nameRole({ role, edits }: Message, wanted: "system" | "developer"): void {
  if (role === (wanted === "system" ? "developer" : "system")) edits.set["role"] = JSON.stringify(wanted);
}

/** What the client got under both names goes back under the upstream's own. */
function renameReasoning({ text, members, role, edits }: Message): void {
  if (role !== "assistant") return;
  const names = { wanted: "reasoning", other: "reasoning_content" };
  const renamed = renameMember(text, members, names);
  for (const name of renamed?.remove ?? [names.other]) edits.remove.add(name);
  Object.assign(edits.rename, renamed?.rename);
}

function dropReasoning({ text, members, role, edits, ignored }: Message): void {
  if (role !== "assistant") return;
  for (const name of ["reasoning", "reasoning_content", "reasoning_details"]) {
    leaveOut(text, members, name, { edits, ignored, place: `${MESSAGES}.` });
  }
}

function dropRefused({ text, members, edits, ignored }: Message, refused: readonly string[]): void {
  for (const name of refused) leaveOut(text, members, name, { edits, ignored, place: `${MESSAGES}.` });
}

/** What is to be done to a tool call of a message; null for nothing. */
type CallEdit = (members: readonly Member[]) => Splice[];

function callEdit(
  text: string,
  { quirks, fields }: Pick<Upstream, "quirks" | "fields">,
  ignored: Ignored,
): { call: CallEdit; resultId: (id: Span | undefined) => Splice[] } | null {
  // Call ids without the signatures that Gemini's may carry, in calls and in their results.
  const isPlain = quirks.call_ids === "plain" && text.includes(THOUGHT_MARK);
  const refused = refusedWithin(fields, CALLS).filter((name) => text.includes(name));
  if (!isPlain && refused.length === 0) return null;
  const resultId = (id: Span | undefined) => (isPlain ? plainId(text, id) : []);
  const call: CallEdit = (members) => {
    const edits = { remove: new Set<string>() };
    for (const name of refused) leaveOut(text, members, name, { edits, ignored, place: `${CALLS}.` });
    return [...objectSplices(text, members, edits), ...resultId(memberValue(members, "id"))];
  };
  return { call, resultId };
}

function callSplices(
  { text, members, role }: Message,
  { call, resultId }: NonNullable<ReturnType<typeof callEdit>>,
): Splice[] {
  if (role === "tool") return resultId(memberValue(members, "tool_call_id"));
  const calls = memberValue(members, "tool_calls");
  return role !== "assistant" || calls === undefined ? [] : objectsIn(text, calls).flatMap(call);
}

function plainId(text: string, id: Span | undefined): Splice[] {
  if (id === undefined || text[id.start] !== '"') return [];
  const end = id.end - 1;
  const raw = text.slice(id.start + 1, end);
  const plain = plainCallId(raw);
  return plain === raw ? [] : [{ start: id.start + 1 + plain.length, end, text: "" }];
}

/** The members of each object in the array at `list`; none when it is no array. */
function objectsIn(text: string, list: Span): Member[][] {
  if (text[list.start] !== "[") return [];
  return arrayElements(text, list.start)
    .filter(({ start }) => text[start] === "{")
    .map(({ start }) => objectMembers(text, start));
}
