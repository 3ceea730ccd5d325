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
import type { Quirks } from "./quirks.ts";
import { renameMember } from "./rename-member.ts";

/** One message of a request: the text that it stands in, and its members there. */
interface Message {
  text: string;
  members: readonly Member[];
  role: unknown;
}

type Edit = (message: Message) => Splice[];

/** What the upstream's quirks ask to be changed in a chat's messages, as splices; `members` are the request's. */
export function messageSplices(text: string, members: readonly Member[], quirks: Quirks): Splice[] {
  const edits = messageEdits(text, quirks);
  const messages = memberValue(members, "messages");
  if (edits.length === 0 || messages === undefined) return [];
  return objectsIn(text, messages).flatMap((parts) => {
    const role = memberValue(parts, "role");
    const message = { text, members: parts, role: role && stringAt(text, role) };
    return edits.flatMap((edit) => edit(message));
  });
}

function messageEdits(text: string, { instruction_role, reasoning, call_ids }: Quirks): Edit[] {
  const edits: Edit[] = [];
  if (instruction_role !== "as_sent") edits.push((message) => roleSplices(message, instruction_role));
  if (reasoning === "copy") edits.push(renamedReasoning);
  if (reasoning === "drop") edits.push(droppedReasoning);
  if (call_ids === "plain" && text.includes(THOUGHT_MARK)) edits.push(plainToolCallIds);
  return edits;
}

/** The roles of instructing messages in the upstream's word for it. */
function roleSplices({ members, role }: Message, wanted: "system" | "developer"): Splice[] {
  const value = memberValue(members, "role");
  if (value === undefined || role !== (wanted === "system" ? "developer" : "system")) return [];
  return [{ ...value, text: JSON.stringify(wanted) }];
}

/** What the client got under both names goes back under the upstream's own. */
function renamedReasoning({ text, members, role }: Message): Splice[] {
  if (role !== "assistant") return [];
  const names = { wanted: "reasoning", other: "reasoning_content" };
  return objectSplices(text, members, renameMember(text, members, names) ?? { remove: new Set([names.other]) });
}

const REASONING = new Set(["reasoning", "reasoning_content", "reasoning_details"]);

function droppedReasoning({ text, members, role }: Message): Splice[] {
  return role === "assistant" ? objectSplices(text, members, { remove: REASONING }) : [];
}

/** Tool call ids without the signatures that Gemini's may carry, in calls and in their results. */
function plainToolCallIds({ text, members, role }: Message): Splice[] {
  if (role === "tool") return plainId(text, memberValue(members, "tool_call_id"));
  const calls = memberValue(members, "tool_calls");
  if (role !== "assistant" || calls === undefined) return [];
  return objectsIn(text, calls).flatMap((call) => plainId(text, memberValue(call, "id")));
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
