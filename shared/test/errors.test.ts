import { describe, expect, test } from "vitest";
import { ApiError, toApiError } from "../errors.ts";

describe("a thrown value", () => {
  test("that is an ApiError stays what it is", () => {
    const error = new ApiError({ status: 418, message: "tea" });
    expect(toApiError(error)).toBe(error);
  });

  test.each([new Error("sk-secret at line 5"), new RangeError("Invalid array length"), "text", undefined])(
    "of our own making is a 500 that says nothing of it: %j",
    (thrown) => {
      const error = toApiError(thrown);
      expect(error).toMatchObject({ status: 500, code: "internal_error", condition: "internal", cause: thrown });
      expect(error.message).not.toContain("secret");
    },
  );

  test("of a stack that a request has filled is a bad request", () => {
    const depth = (value: unknown[]): number => 1 + depth([value]);
    let thrown: unknown;
    try {
      depth([]);
    } catch (caught) {
      thrown = caught;
    }
    expect(toApiError(thrown)).toMatchObject({ status: 400, condition: "bad_request" });
  });
});
