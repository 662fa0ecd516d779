import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  addQuantities,
  byteQuantity,
  byteValue,
  checkQuantity,
  compareQuantities,
  formatQuantity,
  milliQuantity,
  milliValue,
  parseQuantity,
  subtractQuantities,
} from "./quantity.ts";

describe("canonical text", () => {
  test.each([
    ["0", "0"],
    ["0Gi", "0"],
    ["1", "1"],
    ["1000m", "1"],
    ["0.5", "500m"],
    [".5", "500m"],
    ["5.", "5"],
    ["1500", "1500"],
    ["1000", "1k"],
    ["2000M", "2G"],
    ["1.5Gi", "1536Mi"],
    ["1024Mi", "1Gi"],
    ["1023", "1023"],
    ["0.5Ki", "512"],
    ["0.1Ki", "102400m"],
    ["1e3", "1e3"],
    ["1000e0", "1e3"],
    ["1E", "1E"],
    ["12E2", "1200"],
    ["1e-3", "1e-3"],
    ["100n", "100n"],
    ["0.1n", "1n"],
    ["-1.5", "-1500m"],
    ["+2", "2"],
    ["9223372036854775807", "9223372036854775807"],
  ])("of %s is %s", (text, canonical) => {
    expect(formatQuantity(parseQuantity(text))).toBe(canonical);
  });
});

describe("what is no quantity", () => {
  test.each([
    "",
    "x",
    "1 Gi",
    "1gi",
    "1K",
    "0x10",
    "--1",
    "1.2.3",
    ".",
    "1e",
    "1e3Gi",
    "NaN",
    "Infinity",
    "1,5",
  ])("%j is told the rule", (text) => {
    expect(checkQuantity(text)).toContain("quantities must match the regular expression");
    expect(() => parseQuantity(text)).toThrow(RangeError);
  });

  test.each(["9223372036854775808", "8Ei", "1e19", "1e30"])("%s is too much, not cut", (text) => {
    expect(checkQuantity(text)).toBe("must be no more than 9223372036854775807");
  });

  test("a text that would cost much to read is refused", () => {
    expect(checkQuantity("1".repeat(100_000))).toBeDefined();
    expect(checkQuantity("1e999999999")).toBe("the exponent must be between -30 and 30");
  });
});

describe("numbers", () => {
  test.each([
    ["100m", 100],
    ["2", 2000],
    ["0.0001", 1],
    ["1.5", 1500],
    ["1k", 1_000_000],
    [undefined, 0],
    [0.25, 250],
  ])("%s is %d thousandths", (text, milli) => expect(milliValue(text)).toBe(milli));

  test.each([
    ["128Mi", 134_217_728],
    ["1G", 1_000_000_000],
    ["1.1", 2],
    ["500m", 1],
    ["4096", 4096],
    [undefined, 0],
    [3, 3],
  ])("%s is %d bytes", (text, bytes) => expect(byteValue(text)).toBe(bytes));

  test("have a text again", () => {
    expect([milliQuantity(1500), milliQuantity(2000), byteQuantity(268_435_456), byteQuantity(1001)]).toEqual(
      ["1500m", "2", "256Mi", "1001"],
    );
  });
});

const suffix = fc.constantFrom("", "m", "k", "M", "G", "Ki", "Mi", "Gi");
const quantityText = fc
  .tuple(fc.nat(1_000_000), fc.option(fc.nat(999)), suffix)
  .map(([whole, fraction, unit]) => `${whole}${fraction === null ? "" : `.${fraction}`}${unit}`);

describe("always", () => {
  test("the canonical text means the same amount and is its own canonical text", () => {
    fc.assert(
      fc.property(quantityText, (text) => {
        const canonical = formatQuantity(parseQuantity(text));
        expect(parseQuantity(canonical).nanos).toBe(parseQuantity(text).nanos);
        expect(formatQuantity(parseQuantity(canonical))).toBe(canonical);
        expect(canonical).not.toContain(".");
      }),
    );
  });

  test("the fast way to a number agrees with the exact one", () => {
    fc.assert(
      fc.property(quantityText, (text) => {
        const { nanos } = parseQuantity(text);
        const up = (unit: bigint): number => Number((nanos + unit - 1n) / unit);
        expect(milliValue(text)).toBe(up(1_000_000n));
        expect(byteValue(text)).toBe(up(1_000_000_000n));
      }),
    );
  });

  test("what is added can be taken away, and makes more", () => {
    fc.assert(
      fc.property(quantityText, quantityText, (a, b) => {
        const sum = addQuantities(parseQuantity(a), parseQuantity(b));
        expect(subtractQuantities(sum, parseQuantity(b)).nanos).toBe(parseQuantity(a).nanos);
        expect(compareQuantities(formatQuantity(sum), a)).toBeGreaterThanOrEqual(0);
      }),
    );
  });
});
