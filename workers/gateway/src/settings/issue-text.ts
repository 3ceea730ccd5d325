import * as v from "valibot";

/**
 * What is wrong with a setting, by its path: "pools.fast.targets: Invalid length".
 * @param root what the path begins with: "props"
 */
export function issueText(issue: v.BaseIssue<unknown>, root = ""): string {
  const path = [root, v.getDotPath(issue)].filter(Boolean).join(".");
  return [path, issue.message].filter(Boolean).join(": ");
}
