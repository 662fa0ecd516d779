import { expect, it } from "vitest";
import { masker } from "./masked-log.ts";

it("hides each line of a secret, the longest first, and leaves short ones", () => {
  const mask = masker(["token-123\nsecond-line\n", "token-123456", "abc"]);
  expect(mask("a token-123456 b token-123 second-line abc")).toBe("a *** b *** *** abc");
});
