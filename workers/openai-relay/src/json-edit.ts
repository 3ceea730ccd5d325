/**
 * Edits of JSON as text: what is not edited keeps its bytes (key order, long
 * numbers, escapes, whitespace), which JSON.parse and JSON.stringify would lose.
 * One pass, linear in the text.
 */

/** Where a value stands in the text: `end` is the first position after it. */
export interface Span {
  start: number;
  end: number;
}

/** A member of an object. `start` is the opening quote of its key. */
export interface Member {
  /** The key with its escapes resolved. */
  key: string;
  start: number;
  value: Span;
}

/** A piece of the text to be replaced. */
export interface Splice extends Span {
  text: string;
}

export interface ObjectEdits {
  /** Keys whose members go, however often they occur. */
  remove?: ReadonlySet<string>;
  /** Key → its new value as JSON text; a key that is absent is added at the end. */
  set?: Readonly<Record<string, string>>;
  /** Key → its new name; the value stays. */
  rename?: Readonly<Record<string, string>>;
}

/** The text is no JSON, or not of the kind that was looked for. */
export class JsonTextError extends Error {}

/** The members of the object that begins at `from` (whitespace before it is skipped), in their order, repeated keys too. */
export function objectMembers(text: string, from = 0): Member[] {
  const members: Member[] = [];
  let at = skipSpace(text, from);
  expect(text, at, "{");
  at = skipSpace(text, at + 1);
  if (text[at] === "}") return members;
  for (;;) {
    const start = at;
    const keyEnd = stringEnd(text, start);
    at = skipSpace(text, keyEnd);
    expect(text, at, ":");
    const value = valueAt(text, skipSpace(text, at + 1));
    members.push({ key: readKey(text, start, keyEnd), start, value });
    at = skipSpace(text, value.end);
    if (text[at] === "}") return members;
    expect(text, at, ",");
    at = skipSpace(text, at + 1);
  }
}

/** The elements of the array that begins at `from`. */
export function arrayElements(text: string, from: number): Span[] {
  const elements: Span[] = [];
  let at = skipSpace(text, from);
  expect(text, at, "[");
  at = skipSpace(text, at + 1);
  if (text[at] === "]") return elements;
  for (;;) {
    const element = valueAt(text, at);
    elements.push(element);
    at = skipSpace(text, element.end);
    if (text[at] === "]") return elements;
    expect(text, at, ",");
    at = skipSpace(text, at + 1);
  }
}

/** Every string of a JSON text, keys too, with its quotes. */
export function stringsIn(text: string): Span[] {
  const strings: Span[] = [];
  for (let start = text.indexOf('"'); start !== -1; start = text.indexOf('"', strings.at(-1)?.end)) {
    strings.push({ start, end: stringEnd(text, start) });
  }
  return strings;
}

/** The value of the last member of that name: the one that JSON.parse would give. */
export function memberValue(members: readonly Member[], key: string): Span | undefined {
  return members.findLast((member) => member.key === key)?.value;
}

/** The string that stands there in the text, its escapes resolved; undefined for a value of another kind. */
export function stringAt(text: string, { start, end }: Span): unknown {
  if (text[start] !== '"') return undefined;
  try {
    return JSON.parse(text.slice(start, end));
  } catch {
    throw new JsonTextError(`Invalid string at position ${start}.`);
  }
}

/**
 * An object's text with members removed, set or renamed; the same string when
 * there is nothing to do. `{"a":1,"b":2}`, remove b → `{"a":1}`.
 */
export function editObject(text: string, edits: ObjectEdits): string {
  return spliced(text, objectSplices(text, objectMembers(text), edits));
}

/** The splices that make these edits, for one who has the members already and splices more. */
export function objectSplices(text: string, members: readonly Member[], edits: ObjectEdits): Splice[] {
  const { remove, set = {}, rename = {} } = edits;
  const splices: Splice[] = [];
  let kept: Member | undefined;
  members.forEach((member, i) => {
    const { key, start, value } = member;
    if (remove?.has(key)) {
      // The comma goes with the member: the one before it, or the one after while none is kept before.
      if (kept !== undefined) splices.push({ start: members[i - 1]?.value.end ?? start, end: value.end, text: "" });
      else splices.push({ start, end: members[i + 1]?.start ?? value.end, text: "" });
      return;
    }
    kept = member;
    const name = own(rename, key);
    if (name !== undefined) splices.push({ start, end: stringEnd(text, start), text: JSON.stringify(name) });
    const json = own(set, key);
    if (json !== undefined && json !== text.slice(value.start, value.end)) splices.push({ ...value, text: json });
  });
  const added = Object.keys(set).filter((key) => !members.some((member) => member.key === key));
  if (added.length === 0) return splices;
  const end = members.at(-1)?.value.end ?? skipSpace(text, 0) + 1;
  const json = added.map((key) => `${JSON.stringify(key)}:${own(set, key)}`).join(",");
  splices.push({ start: end, end, text: kept === undefined ? json : `,${json}` });
  return splices;
}

/** The text with every splice made; they do not overlap, their order does not matter. */
export function spliced(text: string, splices: readonly Splice[]): string {
  if (splices.length === 0) return text;
  let out = "";
  let at = 0;
  for (const splice of splices.toSorted((a, b) => a.start - b.start)) {
    out += text.slice(at, splice.start) + splice.text;
    at = splice.end;
  }
  return out + text.slice(at);
}

function own(record: Readonly<Record<string, string>>, key: string): string | undefined {
  return Object.hasOwn(record, key) ? record[key] : undefined;
}

function readKey(text: string, start: number, end: number): string {
  const raw = text.slice(start + 1, end - 1);
  if (!raw.includes("\\")) return raw;
  try {
    return String(JSON.parse(text.slice(start, end)));
  } catch {
    throw new JsonTextError(`Invalid escape in the key at position ${start}.`);
  }
}

function valueAt(text: string, start: number): Span {
  const code = text.charCodeAt(start);
  if (code === QUOTE) return { start, end: stringEnd(text, start) };
  if (code === OPEN_BRACE || code === OPEN_BRACKET) return { start, end: containerEnd(text, start) };
  let end = start;
  while (end < text.length && !endsScalar(text.charCodeAt(end))) end++;
  if (end === start) throw new JsonTextError(`A value is missing at position ${start}.`);
  return { start, end };
}

/** The position after the bracket that closes the one at `start`. Brackets are counted, not matched by kind. */
function containerEnd(text: string, start: number): number {
  let depth = 0;
  for (let at = start; at < text.length; ) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) {
      at = stringEnd(text, at);
      continue;
    }
    if (code === OPEN_BRACE || code === OPEN_BRACKET) depth++;
    else if ((code === CLOSE_BRACE || code === CLOSE_BRACKET) && --depth === 0) return at + 1;
    at++;
  }
  throw new JsonTextError(`What opens at position ${start} is never closed.`);
}

/** The position after the closing quote of the string at `start`. */
function stringEnd(text: string, start: number): number {
  expect(text, start, '"');
  let quote = start;
  for (;;) {
    quote = text.indexOf('"', quote + 1);
    if (quote === -1) throw new JsonTextError(`The string at position ${start} is never closed.`);
    let before = quote - 1;
    while (text.charCodeAt(before) === BACKSLASH) before--;
    // An even number of backslashes before it: the quote is not escaped.
    if ((quote - before) % 2 === 1) return quote + 1;
  }
}

function skipSpace(text: string, from: number): number {
  let at = from;
  while (isSpace(text.charCodeAt(at))) at++;
  return at;
}

function expect(text: string, at: number, character: string): void {
  if (text[at] !== character) throw new JsonTextError(`Expected ${character} at position ${at}.`);
}

function isSpace(code: number): boolean {
  return code === 32 || code === 10 || code === 13 || code === 9;
}

function endsScalar(code: number): boolean {
  return code === COMMA || code === CLOSE_BRACE || code === CLOSE_BRACKET || isSpace(code);
}

const QUOTE = 34;
const COMMA = 44;
const OPEN_BRACKET = 91;
const BACKSLASH = 92;
const CLOSE_BRACKET = 93;
const OPEN_BRACE = 123;
const CLOSE_BRACE = 125;
