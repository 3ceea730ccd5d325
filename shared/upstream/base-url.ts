import { notConfigured } from "../errors.ts";

/**
 * A provider's base URL from a setting, without its final slash. Keys and prompts
 * go there, so it must be https, or plain http on this machine. Throws a
 * `not_configured` that names the setting, for a login or a fragment in it too.
 */
export function readBaseUrl(setting: string, value: string): { href: string; search: string } {
  const url = URL.parse(value.trim());
  if (url === null) throw notConfigured(`${setting} is not a URL.`);
  if (url.protocol !== "https:" && !(url.protocol === "http:" && isLoopback(url.hostname))) {
    throw notConfigured(`${setting} must begin with https:// (http:// is allowed for localhost only).`);
  }
  if (url.username !== "" || url.password !== "" || url.hash !== "") {
    throw notConfigured(`${setting} must not hold a user name, a password or a #fragment.`);
  }
  return { href: url.origin + url.pathname.replace(/\/$/, ""), search: url.search };
}

function isLoopback(hostname: string): boolean {
  return hostname === "localhost" || hostname === "[::1]" || /^127\.\d+\.\d+\.\d+$/.test(hostname);
}
