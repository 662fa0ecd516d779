import { spawnSync } from "node:child_process";
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { formatDotenv, formatShell, parseDotenv } from "./dotenv.ts";

test("takes quotes, several lines, comments and export", () => {
  const text = `
# a comment
PLAIN=a b # not of it
export EXPORTED = spaced
HASH=a#b
EMPTY=
COMMENT= # nothing
SINGLE='a $b "c" \\n # d'  # e
DOUBLE="line\\none \\"two\\" \\$x \\q"
KEY="-----BEGIN-----
abc
-----END-----"
AFTER=\`back 'tick"\`
`;
  expect(parseDotenv(text, ".env")).toEqual({
    PLAIN: "a b",
    EXPORTED: "spaced",
    HASH: "a#b",
    EMPTY: "",
    COMMENT: "",
    SINGLE: 'a $b "c" \\n # d',
    DOUBLE: 'line\none "two" $x \\q',
    KEY: "-----BEGIN-----\nabc\n-----END-----",
    AFTER: `back 'tick"`,
  });
  expect(parseDotenv("\uFEFFA=1\r\nB=2\r\n", ".env")).toEqual({ A: "1", B: "2" });
});

test.each([
  ["A=1\nnothing", `.env, line 2: "nothing" has no "="`],
  ["\n1A=x", `.env, line 2: "1A" is not a name of a variable`],
  ["A=1\nB=2\nA=3", ".env, line 3: A is set on line 1 already"],
  [`A=1\nB="open\nC=3\n`, `.env, line 2: the quote " before the value of B is not closed`],
  [`A='x\ny' z\n`, `.env, line 1: "z" stands behind the closing quote of A`],
])("%j is refused, with the line", (text, message) => {
  expect(() => parseDotenv(text, ".env")).toThrow(message);
});

const values = fc.dictionary(
  fc.stringMatching(/^[A-Z_][A-Z0-9_]{0,8}$/),
  fc.string({ unit: "binary", maxLength: 30 }).filter((text) => !text.includes("\0")),
  { noNullPrototype: true },
);

test("what is written is read back the same", () => {
  fc.assert(
    fc.property(values, (given) => {
      expect(parseDotenv(formatDotenv(given), "x")).toEqual(given);
    }),
  );
});

test("a shell understands what is written for it", () => {
  const given = { A: "it's", B: "two\nlines", C: '$HOME `x` "y" \\', D: "" };
  const script = `${formatShell(given)}node -p 'JSON.stringify(["A","B","C","D"].map((n) => process.env[n]))'`;
  const { stdout } = spawnSync("sh", ["-c", script], { encoding: "utf8" });
  expect(JSON.parse(stdout)).toEqual(Object.values(given));
});
