/** The characters that a value may stand between. Between double quotes `\n` would become a line break. */
const QUOTES = ["'", "`", '"'];

/**
 * Settings as lines of a .dev.vars after those of `text`; of two with one name
 * the later counts. Throws for a value that such a file cannot hold.
 *
 * @example
 * withSettings('A="1"', { B: "it's" }) // → 'A="1"\nB=`it\'s`\n'
 */
export function withSettings(text: string, settings: Readonly<Record<string, string>>): string {
  return [text, ...Object.entries(settings).map(([name, value]) => `${name}=${quoted(name, value)}`), ""].join("\n");
}

function quoted(name: string, value: string): string {
  const quote = QUOTES.find((each) => !value.includes(each) && (each !== '"' || !value.includes("\\")));
  if (quote !== undefined && !/[\r\n]/.test(value)) return quote + value + quote;
  throw new Error(`${name} has a line break or all kinds of quotes, which a .dev.vars file cannot hold.`);
}
