import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  checkLabelKey,
  checkLabelValue,
  formatSelector,
  matches,
  nothing,
  parseSelector,
  selectorFromLabels,
  selectorFromLabelSelector,
  type Requirement,
} from "./labels.ts";
import { StatusError } from "./status.ts";

describe("matching", () => {
  const labels = { app: "web", tier: "front", "example.com/weight": "10", empty: "" };

  test.each([
    ["", true],
    ["app", true],
    ["!app", false],
    ["missing", false],
    ["!missing", true],
    ["app=web", true],
    ["app==web", true],
    ["app=api", false],
    ["app!=api", true],
    ["missing!=x", true],
    ["app in (api,web)", true],
    ["app in (api)", false],
    ["app notin (api)", true],
    ["missing notin (a)", true],
    ["app notin (web,api)", false],
    ["empty=", true],
    ["empty", true],
    ["app in (,web)", true],
    ["app=web,tier=front", true],
    ["app=web,tier=back", false],
    [" app = web , tier in ( front ) ", true],
    ["example.com/weight>9", true],
    ["example.com/weight<10", false],
    ["app>1", false],
    ["in=x", false],
    ["toString", false],
  ])("%j is %s", (text, matched) => {
    expect(matches(parseSelector(text), labels)).toBe(matched);
  });

  test("no labels at all match what asks for none", () => {
    expect(matches(parseSelector("!a,b!=c"), undefined)).toBe(true);
    expect(matches(parseSelector("a"), undefined)).toBe(false);
  });
});

test("a label selector is empty for everything, absent for nothing", () => {
  expect(matches(selectorFromLabelSelector({}), { a: "b" })).toBe(true);
  expect(selectorFromLabelSelector(undefined)).toBe(nothing);
  expect(matches(nothing, { a: "b", "": "" })).toBe(false);
  const both = selectorFromLabelSelector({
    matchLabels: { a: "b" },
    matchExpressions: [{ key: "c", operator: "DoesNotExist" }],
  });
  expect(formatSelector(both)).toBe("a=b,!c");
});

describe("a selector that cannot be read says what was expected", () => {
  test.each([
    ["a=b=c", "found '=', expected: ',' or the end"],
    ["a in b", "found 'b' expected: '('"],
    ["a in (b", "found '', expected: ',' or ')'"],
    ["a b", "found 'b', expected: in, notin"],
    [",", "found ',', expected: !, identifier"],
    ["a,", "found '', expected: !, identifier"],
    ["a=b,,c", "found ',', expected: !, identifier"],
    ["-a", "name part must consist of"],
    ["a=-b", "a valid label must be"],
    ["a>b", "must be an integer"],
    ["x/y/z", "a qualified name"],
  ])("%j", (text, expected) => {
    expect(() => parseSelector(text)).toThrow(StatusError);
    expect(() => parseSelector(text)).toThrow(expected);
  });
});

describe("keys and values", () => {
  test.each(["a", "A.b_c-1", "example.com/a", "a".repeat(63)])("%s is a key", (key) => {
    expect(checkLabelKey(key)).toBeUndefined();
  });

  test.each(["", "/a", "Example.com/a", "a/", "a b", "-a", "a".repeat(64), "a/b/c"])(
    "%j is no key",
    (key) => {
      expect(checkLabelKey(key)).toBeTypeOf("string");
    },
  );

  test("a value may be empty but no longer than 63 characters", () => {
    expect(checkLabelValue("")).toBeUndefined();
    expect(checkLabelValue("a".repeat(64))).toBe("must be no more than 63 characters");
    expect(checkLabelValue("a/b")).toContain("a valid label");
  });
});

const word = fc.stringMatching(/^[a-z][a-z0-9]{0,5}$/);
const requirement: fc.Arbitrary<Requirement> = fc.oneof(
  fc.record({
    key: word,
    operator: fc.constantFrom("Exists" as const, "DoesNotExist" as const),
    values: fc.constant([]),
  }),
  fc.record({
    key: word,
    operator: fc.constantFrom("In" as const, "NotIn" as const),
    values: fc.uniqueArray(word, { minLength: 1, maxLength: 3 }),
  }),
);

test("the text of a selector matches what the selector matches", () => {
  fc.assert(
    fc.property(fc.array(requirement, { maxLength: 4 }), fc.dictionary(word, word), (selector, labels) => {
      const again = parseSelector(formatSelector(selector));
      expect(matches(again, labels)).toBe(matches(selector, labels));
      expect(formatSelector(again)).toBe(formatSelector(selector));
    }),
  );
});

test("a selector of labels matches them and whatever is added to them", () => {
  fc.assert(
    fc.property(fc.dictionary(word, word), fc.dictionary(word, word), (labels, more) => {
      expect(matches(selectorFromLabels(labels), { ...more, ...labels })).toBe(true);
    }),
  );
});

test("whatever is given, reading ends with a selector or a StatusError", () => {
  fc.assert(
    fc.property(
      fc.string({
        unit: fc.constantFrom(
          "a",
          "b",
          "!",
          "=",
          "<",
          ">",
          "(",
          ")",
          ",",
          " ",
          " in ",
          " notin ",
          "\t",
          "\n",
        ),
      }),
      (text) => {
        try {
          parseSelector(text);
        } catch (thrown) {
          expect(thrown).toBeInstanceOf(StatusError);
        }
      },
    ),
  );
});
