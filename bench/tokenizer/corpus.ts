import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

const root = join(import.meta.dirname, "../..");

/** The rows of the bench: name → text. Built the same way every time; nothing is downloaded. */
export const rows: Record<string, () => string> = {
  "English 100 KB": () => english(100_000),
  "English 1 MB": () => english(1_000_000),
  "code 1 MB": () => code(1_000_000),
  "CJK 100,000 chars": () => cjk(100_000, true),
  "CJK 10,000 chars, no blank or stop": () => cjk(10_000, false),
  "emoji 100 KB": () => emoji(100_000),
  "'a' × 10 KB": () => "a".repeat(10_000),
  "'a' × 100 KB": () => "a".repeat(100_000),
  "'a' × 1 MB": () => "a".repeat(1_000_000),
  "' ' × 1 MB": () => " ".repeat(1_000_000),
  "'的' × 100,000": () => "的".repeat(100_000),
};

/** Rows of the growth table: the pieces that cost most a byte, by length in bytes. */
export const growing: Record<string, (length: number) => string> = {
  "'a'": (length) => "a".repeat(length),
  "random letters": (length) => letters(length),
  "CJK, one piece": (length) => cjk(Math.ceil(length / 3), false),
};

/** The READMEs and licences of the installed packages. */
function english(length: number): string {
  return filled(length, (name) => /^(README|LICENSE|CHANGELOG)/i.test(name));
}

function code(length: number): string {
  return filled(length, (name) => name.endsWith(".d.ts") || name.endsWith(".mjs"));
}

function filled(length: number, wanted: (name: string) => boolean): string {
  let text = "";
  for (const path of files(join(root, "node_modules"), wanted)) {
    text += readFileSync(path, "utf8").slice(0, 40_000);
    if (text.length >= length) return text.slice(0, length);
  }
  throw new Error("too little text in node_modules");
}

function* files(folder: string, wanted: (name: string) => boolean): Generator<string> {
  const entries = readdirSync(folder, { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1));
  for (const entry of entries) {
    if (entry.isFile() && wanted(entry.name)) yield join(folder, entry.name);
    else if (entry.isDirectory()) yield* files(join(folder, entry.name), wanted);
  }
}

/** Frequent characters in random order. */
function cjk(length: number, withStops: boolean): string {
  const common =
    "的一是不了人我在有他这中大来上国个到说们为子和你地出道也时年得就那要下以生会自着去之过家学对可她里后小么心多天而能好都然没日于起还发成事只作当想看文无开手十用主行方又如前所本见经头面公同三已老从动两长知民样现分将外但身些与高意进把法此实回二理美点月明其种声全工己话儿者向情部正名定女问力机给等几很业最间新什打便位因重被走电四第门相次东政海口使教西再平真听世气信北少关并内加化由却代军产入先山五太水万市眼体别处总才场师书比住员九笑性通目华报立马命张活难神数件安表原车白应路期叫死常提感金何更反合放做系计或司利受光王果亲界及今京务制解各任至清物台象记边共风战干接它许八特觉望直服毛林题建南度统色字请交爱让认算论百吃义科怎元社术结六功指思非流每青管夫连远资队跟带花快条院变联言权往展该领传近留红治决周保达办运武半候七必城父强步完革深区即求品士转量空甚众技轻程告江语英基派满式李息写呢识极令黄德收脸钱党倒未持取设始版双历越史商千片容研像找友孩站广改议形委早房音火际则首单据导影失拿网香似斯专石若兵弟谁校读志飞观争究包组造落视济喜离虽坏兴切";
  const random = generator(7);
  let text = "";
  while (text.length < length) {
    text += common[Math.floor(random() * common.length)] ?? "";
    if (withStops && random() < 0.1) text += random() < 0.5 ? "，" : "。";
  }
  return text;
}

function emoji(bytes: number): string {
  const some = ["😀", "👩‍👩‍👧‍👦", "🏳️‍🌈", "👍🏽", "❤️", "🇪🇺", "🤷🏾‍♀️", "✨", "🚀", " ok "];
  const random = generator(3);
  let text = "";
  while (text.length * 2 < bytes) text += some[Math.floor(random() * some.length)] ?? "";
  return text;
}

function letters(length: number): string {
  const random = generator(5);
  let text = "";
  while (text.length < length) text += String.fromCharCode(97 + Math.floor(random() * 26));
  return text;
}

/** Numbers in [0, 1), the same for the same seed (mulberry32). */
function generator(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
