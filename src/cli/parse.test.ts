import { describe, expect, it } from "vitest";
import type { CommandSpec, Option } from "./command.ts";
import { closest, parseArguments } from "./parse.ts";

const options: readonly Option[] = [
  { name: "app", short: "a", type: "string", description: "" },
  { name: "follow", short: "f", type: "boolean", description: "" },
  { name: "tail", type: "number", description: "", default: 100 },
  { name: "filename", type: "string", multiple: true, description: "" },
  { name: "output", short: "o", type: "string", choices: ["json", "yaml"], description: "" },
];
const spec: CommandSpec = { name: "logs", group: "Apps", summary: "" };

function parse(argv: readonly string[], env: Record<string, string> = {}, more: Partial<CommandSpec> = {}) {
  return parseArguments({ spec: { ...spec, ...more }, options, argv, env });
}

describe("parseArguments", () => {
  const table: readonly (readonly [string[], Record<string, unknown>, string[]])[] = [
    [["-a", "shop", "x"], { app: "shop", tail: 100 }, ["x"]],
    [["-ashop"], { app: "shop", tail: 100 }, []],
    [["--app=a=b"], { app: "a=b", tail: 100 }, []],
    [["-f", "x", "--tail", "5"], { follow: true, tail: 5 }, ["x"]],
    [["--no-follow"], { follow: false, tail: 100 }, []],
    [["--filename", "a", "--filename=b"], { filename: ["a", "b"], tail: 100 }, []],
    [["--", "--app", "x"], { tail: 100 }, ["--app", "x"]],
    [["-"], { tail: 100 }, ["-"]],
  ];
  it.each(table)("%j", (argv, values, args) => {
    const parsed = parse(argv);
    expect(Object.fromEntries(parsed.values)).toEqual(values);
    expect(parsed.args).toEqual(args);
  });

  it("takes a flag's environment variable when the flag is absent", () => {
    expect(parse([], { NAGI_APP: "shop" }).values.get("app")).toBe("shop");
    expect(parse(["-a", "other"], { NAGI_APP: "shop" }).values.get("app")).toBe("other");
    expect(parse([], { NAGI_FOLLOW: "true" }).values.get("follow")).toBe(true);
  });

  it("leaves the rest to another program behind the first positional", () => {
    expect(parse(["-a", "shop", "node", "--version", "-f"], {}, { passThrough: true }).args).toEqual([
      "node",
      "--version",
      "-f",
    ]);
  });

  const failures: readonly (readonly [string[], Record<string, string>, string])[] = [
    [["--folow"], {}, "nagi logs has no option --folow; did you mean --follow?"],
    [["-z"], {}, "nagi logs has no option -z"],
    [["--app"], {}, "--app needs a value (VALUE)"],
    [["--tail", "many"], {}, '--tail is "many": must be a number'],
    [[], { NAGI_TAIL: "x" }, 'NAGI_TAIL is "x": must be a number'],
    [["-o", "xml"], {}, '--output is "xml": must be one of json, yaml'],
    [["--follow=maybe"], {}, '--follow is "maybe": must be true or false'],
  ];
  it.each(failures)("refuses %j %j", (argv, env, message) => {
    expect(() => parse(argv, env)).toThrow(message);
  });
});

it("finds the word that was meant", () => {
  expect(closest("depoly", ["deploy", "destroy"])).toBe("deploy");
  expect(closest("xyz", ["deploy", "ps"])).toBeUndefined();
});
