/**
 * Kimi numbers its calls anew in each turn: `functions.get_weather:0`. Two turns
 * would then share an id, and clients that find results by it mix them up. Such
 * ids get a tail that makes them the client's only one, and lose it on the way
 * back; all others stay as they are (P32).
 */
const COUNTED = /^(?:functions\.)?[\w-]{1,64}:\d{1,4}$/;
const TAIL = /^((?:functions\.)?[\w-]{1,64}:\d{1,4})~[\w-]{1,200}$/;

/** `functions.f:0` → `functions.f:0~call_1a2b_0` */
export function clientToolCallId(id: string, newId: () => string): string {
  return COUNTED.test(id) ? `${id}~${newId()}` : id;
}

/** `functions.f:0~call_1a2b_0` → `functions.f:0` */
export function modelToolCallId(id: string): string {
  return TAIL.exec(id)?.[1] ?? id;
}
