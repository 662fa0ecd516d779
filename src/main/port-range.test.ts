import { expect, test } from "vitest";
import { checkPortRange, parsePortRange } from "./port-range.ts";

test("a range of ports, or none", () => {
  expect(parsePortRange("20000-20099")).toEqual({ first: 20000, last: 20099 });
  expect(parsePortRange("none")).toBeUndefined();
  for (const right of ["20000-20099", "5432-5432", "none"]) expect(checkPortRange(right)).toBeUndefined();
  for (const wrong of ["", "20000", "20099-20000", "0-10", "1-65536", "1000-2000", "a-b", "1 - 2"])
    expect(checkPortRange(wrong)).toMatch(/must be a range/);
});
