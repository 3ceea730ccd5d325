/** Characters of a header's value at most, as a client's name of a model may have. */
const LONGEST = 256;

/** A provider may call its model anything; a header takes no control characters, and a client no header without end. */
export function headerText(text: string): string {
  return text.replace(/\p{Cc}/gu, "").slice(0, LONGEST);
}
