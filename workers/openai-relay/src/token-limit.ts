import type { Member, ObjectEdits } from "./json-edit.ts";
import type { Quirks } from "./quirks.ts";
import { renameMember } from "./rename-member.ts";

/** Models of OpenAI's, by their names; fine-tunes of them too. */
const FAMILY = /^(?:ft:)?(?:o\d|gpt-|chatgpt-|codex-)/;

/** Those of them that answer `max_tokens` with 400 unsupported_parameter; gpt-35 is what Azure calls gpt-3.5. */
const COMPLETION_TOKENS_ONLY = /^(?:ft:)?(?:o[1-9]|gpt-[5-9]|gpt-(?!35)\d\d|codex-)/;

/** `openai/gpt-5`, as routers and AI Gateway's /compat write it. */
const VENDOR = /^(?:[\w.@-]+\/)+/;

/** What a model is called: by the client, and by the upstream. */
export interface ModelNames {
  /** As the client named it: a key of the upstream's `models`, or an id. */
  asked: string;
  /** As the upstream gets it. */
  sent: string;
}

/** The edits that give the token limit the name that the upstream's quirks say. */
export function tokenLimitEdits(
  text: string,
  members: readonly Member[],
  quirks: Quirks,
  names: ModelNames,
): Pick<ObjectEdits, "remove" | "rename"> {
  const wanted = tokenLimitName(quirks, names);
  if (wanted === null) return {};
  const other = wanted === "max_tokens" ? "max_completion_tokens" : "max_tokens";
  // With both there, a rename would make one name twice: the provider's own 400 is clearer.
  return renameMember(text, members, { wanted, other }) ?? {};
}

function tokenLimitName(quirks: Quirks, names: ModelNames): "max_tokens" | "max_completion_tokens" | null {
  switch (quirks.token_limit) {
    case "as_sent":
      return null;
    case "by_family":
      return COMPLETION_TOKENS_ONLY.test(familyName(names)) ? "max_completion_tokens" : null;
    case "max_completion_tokens":
    case "max_tokens":
      return quirks.token_limit;
    default:
      return quirks.token_limit satisfies never;
  }
}

/** By the client's name where it is one of OpenAI's: an Azure deployment may be called anything. */
function familyName({ asked, sent }: ModelNames): string {
  const name = asked.replace(VENDOR, "");
  return FAMILY.test(name) ? name : sent.replace(VENDOR, "");
}
