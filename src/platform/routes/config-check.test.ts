import { expect, test } from "vitest";
import { complainedOf } from "./config-check.ts";

test("a complaint is of the backend whose lines it is about", () => {
  const config =
    "global\n  x\n\nbackend r1\n  fine\n\nbackend r2\n  mode http\n  nonsense\n  more\n\nbackend nagi:x\n  wrong\n";
  const refusal = [
    "[NOTICE]   (1) : haproxy version is 2.6.12",
    "[ALERT]    (1) : config : parsing [check.cfg:9] : unknown keyword 'nonsense' in 'backend' section",
    "[ALERT]    (1) : config : parsing [check.cfg:10]: another",
    "[ALERT]    (1) : config : parsing [check.cfg:13] : not a route's",
    "[ALERT]    (1) : config : Fatal errors found in configuration.",
  ].join("\n");
  expect([...complainedOf(config, refusal)]).toEqual([
    ["r2", "unknown keyword 'nonsense' in 'backend' section"],
  ]);
  expect(complainedOf(config, "").size).toBe(0);
});
