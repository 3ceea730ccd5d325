import { expect, test } from "vitest";
import { plainCallId } from "../formats/tool-call-ids.ts";

test.each([
  ["call_1__thought__c2ln", "call_1"],
  ["call_1__thought__a__thought__b", "call_1"],
  ["call_1", "call_1"],
  ["call_1__thought", "call_1__thought"],
  ["__thought__c2ln", "__thought__c2ln"],
  ["", ""],
])("'%s' is the call '%s' to those who have no use for its signature", (id, plain) => {
  expect(plainCallId(id)).toBe(plain);
});
