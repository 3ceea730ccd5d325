import { describe, expect, test } from "vitest";
import { readTrustedProps } from "../src/entry/trusted-props.ts";

describe("the props of a trusted Worker's binding", () => {
  test("name the caller and its limits", () => {
    expect(readTrustedProps({ caller: "billing", routing: { max_attempts: 2 } })).toEqual({
      name: "billing",
      limits: { max_attempts: 2 },
    });
    for (const none of [undefined, null, {}, { caller: "" }])
      expect(readTrustedProps(none)).toEqual({ name: "trusted" });
  });

  test.each([
    [{ caller: 5 }, "props.caller"],
    [{ routing: { max_attempts: "2" } }, "props.routing.max_attempts"],
    [{ routing: { max_attempts: 0 } }, "props.routing.max_attempts"],
    [{ routing: { timeout_ms: -1 } }, "props.routing.timeout_ms"],
    [{ routing: { max_atempts: 2 } }, "props.routing.max_atempts"],
    [{ routing: [] }, "props.routing"],
    [{ routing: null }, "props.routing"],
  ])("that are wrong serve nobody, rather than without limits: %j", (props, path) => {
    const { fault, limits } = readTrustedProps(props);
    expect(limits).toBeUndefined();
    expect(fault).toMatchObject({ status: 503, code: "not_configured", message: expect.stringContaining(path) });
  });
});
