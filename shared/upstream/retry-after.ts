/**
 * How long a provider asks to wait, in milliseconds: `retry-after-ms`
 * (OpenAI), else `retry-after` in seconds or as an HTTP date (RFC 9110,
 * 10.2.3). Undefined when there is none, none that can be read, or a date
 * that has passed: the usual backoff then applies.
 * @param now milliseconds since the epoch
 */
export function readRetryAfter(headers: Headers, now: number): number | undefined {
  const ms = positive(headers.get("retry-after-ms"));
  if (ms !== undefined) return ms;
  const text = headers.get("retry-after");
  const seconds = positive(text);
  if (seconds !== undefined) return seconds * 1000;
  const at = text === null || !/[a-z]/i.test(text) ? Number.NaN : Date.parse(text);
  return at > now ? at - now : undefined;
}

function positive(text: string | null): number | undefined {
  const value = text === null || text.trim() === "" ? Number.NaN : Number(text);
  return Number.isFinite(value) && value >= 0 ? value : undefined;
}
