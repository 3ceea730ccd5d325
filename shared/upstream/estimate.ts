/**
 * Token counts for accounting where a provider gave none: a stream that was
 * aborted or cut, a server that does not count. Rough on purpose (the
 * tokenizer Worker counts exactly): within about a third on prose and code.
 */

/** Characters of a request that the ratio of characters to tokens is read from. */
const SAMPLE_CHARACTERS = 1024;

/**
 * Latin script and code: four characters a token; scripts whose words are
 * shorter in characters (CJK, kana, Hangul, emoji): about one; others: two.
 */
export function estimateTokens(text: string): number {
  let quarters = 0;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    quarters += code < 0x250 ? 1 : code < 0x2e80 ? 2 : 4;
  }
  return Math.ceil(quarters / 4);
}

/**
 * Prompt tokens of a request, from its JSON text without embedded files (data: URLs).
 * The ratio comes from a sample, so that a large prompt costs no more than a small one.
 */
export function estimatePromptTokens(requestJson: string): number {
  const characters = requestJson.length - embeddedCharacters(requestJson);
  const from = Math.max(0, Math.floor((requestJson.length - SAMPLE_CHARACTERS) / 2));
  const sample = requestJson.slice(from, from + SAMPLE_CHARACTERS);
  return sample === "" ? 0 : Math.ceil((estimateTokens(sample) / sample.length) * characters);
}

function embeddedCharacters(json: string): number {
  let characters = 0;
  for (let start = json.indexOf('"data:'); start !== -1; ) {
    const end = json.indexOf('"', start + 1);
    if (end === -1) break;
    characters += end - start;
    start = json.indexOf('"data:', end);
  }
  return characters;
}
