import { plainCallId } from "@ai-proxy/shared/formats/tool-call-ids";

/**
 * Ids for the calls of one answer: no two alike, in this answer or any other. Others take them, with Kimi's mark too:
 * OpenAI at most 40 characters, Anthropic `^[a-zA-Z0-9_-]+$` (github.com/maximhq/bifrost/issues/5097).
 */
export function toolCallIds(): () => string {
  const base = crypto.randomUUID().replaceAll("-", "").slice(0, 20);
  let count = 0;
  return () => `call_${base}_${count++}`;
}

/**
 * Kimi numbers its calls anew in each turn: `functions.get_weather:0`. Two turns
 * would then share an id, and clients that find results by it mix them up. Such
 * calls get ids of ours that end with the number and become Kimi's on the way
 * back; all others stay as they are.
 */
const COUNTED = /^(functions\.)?([\w-]{1,64}):(\d{1,4})$/;
const MARKED = /^call_[0-9a-f]{20}_\d+_(f?)(\d{1,4})$/;
/** Kimi's id with ours behind it, as stored conversations may have it: `functions.f:0~call_1a2b_0`. */
const TAILED = /^((?:functions\.)?[\w-]{1,64}:\d{1,4})~[\w-]{1,200}$/;

/** `functions.f:0`, a call of f → `call_1a2b_0_f0`; without "functions.", `call_1a2b_0_0`. */
export function clientToolCallId(id: string, name: string, newId: () => string): string {
  const counted = COUNTED.exec(id);
  if (counted === null) return id;
  const [, prefix, called, number] = counted;
  return called === name ? `${newId()}_${prefix === undefined ? "" : "f"}${number}` : newId();
}

/** `call_1a2b_0_f0`, a call of f → `functions.f:0`. Other ids lose what only another provider has a use for. */
export function modelToolCallId(id: string, name: string | undefined): string {
  const plain = plainCallId(id);
  const marked = MARKED.exec(plain);
  if (marked !== null && name !== undefined) return `${marked[1] === "f" ? "functions." : ""}${name}:${marked[2]}`;
  return TAILED.exec(plain)?.[1] ?? plain;
}
