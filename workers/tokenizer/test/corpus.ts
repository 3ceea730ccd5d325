/** Texts that tokenizers have gone wrong on, and article 1 of the Declaration of Human Rights in many scripts. */

const languages: Record<string, string> = {
  English:
    "All human beings are born free and equal in dignity and rights. They're endowed with reason and conscience.",
  German: "Alle Menschen sind frei und gleich an Würde und Rechten geboren. Straßenbahn, Übermut, ÄÖÜ.",
  French:
    "Tous les êtres humains naissent libres et égaux en dignité et en droits. L’été, c'est l'été ; n'est-ce pas ?",
  Spanish: "Todos los seres humanos nacen libres e iguales en dignidad y derechos. ¿Mañana? ¡Sí!",
  Portuguese: "Todos os seres humanos nascem livres e iguais em dignidade e em direitos. Não há coração.",
  Polish: "Wszyscy ludzie rodzą się wolni i równi pod względem swej godności i swych praw. Zażółć gęślą jaźń.",
  Czech: "Všichni lidé rodí se svobodní a sobě rovní co do důstojnosti a práv. Příliš žluťoučký kůň.",
  Hungarian: "Minden emberi lény szabadon születik és egyenlő méltósága és joga van. Árvíztűrő tükörfúrógép.",
  Finnish: "Kaikki ihmiset syntyvät vapaina ja tasavertaisina arvoltaan ja oikeuksiltaan.",
  Turkish: "Bütün insanlar hür, haysiyet ve haklar bakımından eşit doğarlar. IĞDIR'da İstanbul'u gördüm.",
  Vietnamese: "Tất cả mọi người sinh ra đều được tự do và bình đẳng về nhân phẩm và quyền lợi.",
  Indonesian: "Semua orang dilahirkan merdeka dan mempunyai martabat dan hak-hak yang sama.",
  Swahili: "Watu wote wamezaliwa huru, hadhi na haki zao ni sawa.",
  Russian: "Все люди рождаются свободными и равными в своём достоинстве и правах.",
  Ukrainian: "Всі люди народжуються вільними і рівними у своїй гідності та правах. З'їзд, п’ять.",
  Greek: "Όλοι οι άνθρωποι γεννιούνται ελεύθεροι και ίσοι στην αξιοπρέπεια και τα δικαιώματα.",
  Hebrew: "כל בני האדם נולדו בני חורין ושווים בערכם ובזכויותיהם. שָׁלוֹם",
  Arabic: "يولد جميع الناس أحرارًا متساوين في الكرامة والحقوق. ١٢٣٤٥",
  Persian: "تمام افراد بشر آزاد به دنیا می‌آیند و از لحاظ حیثیت و حقوق با هم برابرند.",
  Hindi: "सभी मनुष्यों को गौरव और अधिकारों के मामले में जन्मजात स्वतन्त्रता और समानता प्राप्त है। १२३",
  Bengali: "সমস্ত মানুষ স্বাধীনভাবে সমান মর্যাদা এবং অধিকার নিয়ে জন্মগ্রহণ করে।",
  Tamil: "மனிதப் பிறிவியினர் சகலரும் சுதந்திரமாகவே பிறக்கின்றனர்.",
  Thai: "มนุษย์ทั้งหลายเกิดมามีอิสระและเสมอภาคกันในเกียรติศักดิ์และสิทธิ",
  Georgian: "ყველა ადამიანი იბადება თავისუფალი და თანასწორი თავისი ღირსებითა და უფლებებით.",
  Armenian: "Բոլոր մարդիկ ծնվում են ազատ ու հավասար իրենց արժանապատվությամբ ու իրավունքներով։",
  Amharic: "የሰው ልጅ ሁሉ ሲወለድ ነጻና በክብርና በመብትም እኩልነት ያለው ነው።",
  Chinese: "人人生而自由，在尊严和权利上一律平等。他们赋有理性和良心，并应以兄弟关系的精神相对待。",
  Japanese: "すべての人間は、生れながらにして自由であり、かつ、尊厳と権利とについて平等である。カタカナー",
  Korean: "모든 인간은 태어날 때부터 자유로우며 그 존엄과 권리에 있어 동등하다.",
};

const tricky: Record<string, string> = {
  code: 'export const f = (a: number[]) => {\n\tfor (let i = 0; i < a.length; i++) {\n\t\tconsole.log(`$a[i]`); // "x"\n\t}\n};\n\n\n    def __init__(self, *args, **kwargs):\r\n        return {"k": [1, 2.5e-10, None]}\r\n',
  "path and URL": "https://example.com/a/b//c?x=1&y=%20#z C:\\Users\\x\\ /usr/local/bin///\n//comment",
  contractions:
    "I'm you're he's we've they'll I'd don't I'M YOU'RE HE'S WE'VE THEY'LL 'twas 's 'S '' ''' 're're x'ſ 'ſt ’s",
  camelCase: "parseHTTPResponse XMLHttpRequest iOS macOS eBay HELLOworld helloWORLD ÀÉÎõü ǅungla ʰʷ ªº",
  numbers: "1 12 123 1234 12345 1234567 3.14159 1,000,000 ½ ² ⅷ ①②③ ٣٤٥ 一二三",
  whitespace: " a  b   c\td\n e \n\n f\r\ng \r h\u00a0i\u2003j\u3000k\u2028l\u0085m\ufeffn \n  \t \n   ",
  "only white space": "   \n\n\t \n ",
  "one space": " ",
  newlines: "\n\n\n\r\r\n\n",
  "emoji with joiners": "👩‍👩‍👧‍👦 🏳️‍🌈 👍🏽 ❤️‍🔥 🇪🇺🇯🇵 🤷🏾‍♀️ 1️⃣ ☃︎ 😀😀😀",
  "control characters": "\u0000\u0001\u0002\u001b[31mred\u001b[0m\u007f\u0080\u009f\u200b\u200d\u2060\u202e",
  "combining marks": "e\u0301a\u0308\u0323 \u0301\u0301 x\u0301 A\u0301B \u0301ABC q\u0307\u0323\u0301\u0301\u0301",
  "lone surrogates": "\ud800 a\udc00b \udbff\udbff \udfff",
  "private use and unassigned": "\ue000\uf8ff\u{10ffff}\u{e0001}\u0378\u{1e900}\u{16ea0}",
  "special tokens as text":
    "<|endoftext|> <|im_start|>user<|im_sep|> <|fim_prefix|><|endofprompt|> <|start|>assistant<|channel|>final",
  punctuation: "...!!!???---___***###@@@$$$%%%^^^&&&((([[[{{{<<<>>>}}}]]]))) «» „“ ‚‘ … — – • §¶†‡",
  "mixed scripts": "Hello世界Привет123مرحبا👋नमस्ते e\u0301日本 a的b的c",
  "single letters":
    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
  "long word":
    "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft antidisestablishmentarianism",
  "many spaces": `${" ".repeat(200)}x${" ".repeat(81)}\n${"\t".repeat(40)}y`,
  base64: "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==",
  empty: "",
};

export const corpus: Record<string, string> = { ...languages, ...tricky };

/** Bytes without meaning, as the text that a lenient decoder makes of them. */
export function randomBytesAsText(length: number, seed: number): string {
  let state = seed;
  const bytes = Uint8Array.from({ length }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) | 0;
    return state >>> 24;
  });
  return new TextDecoder().decode(bytes);
}
