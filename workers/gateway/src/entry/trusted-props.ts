import * as v from "valibot";
import type { Caller } from "../access/admit.ts";
import { object, routingFields } from "../request/schemas.ts";
import { issueText } from "../settings/issue-text.ts";
import { misconfigured } from "../settings/misconfigured.ts";

/** What the owner of a binding says of the caller: its name in the audit, and what it may ask for at most. */
export interface TrustedProps {
  caller?: string;
  routing?: { max_attempts?: number; timeout_ms?: number; first_byte_timeout_ms?: number };
}

const { max_attempts, timeout_ms, first_byte_timeout_ms } = routingFields;

const schema = v.looseObject({
  caller: v.optional(v.string("must be a string")),
  routing: v.optional(v.pipe(object(), v.strictObject({ max_attempts, timeout_ms, first_byte_timeout_ms }))),
});

/** The props of a binding, which may have none. A mistake serves nobody: a misspelt limit would be no limit. */
export function readTrustedProps(props: unknown): Omit<Extract<Caller, { kind: "trusted" }>, "kind"> {
  const result = v.safeParse(schema, props ?? {}, { abortEarly: true });
  if (!result.success) {
    return { name: "trusted", fault: misconfigured(`the binding's ${issueText(result.issues[0], "props")}.`) };
  }
  const { caller, routing } = result.output;
  return { name: caller?.slice(0, 128) || "trusted", ...(routing !== undefined && { limits: routing }) };
}
