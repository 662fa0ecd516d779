/** Domains and routes, as a user of the guide meets them. */

import { afterAll, beforeAll, expect, it } from "vitest";
import { runGuideExample } from "../harness/guide.ts";
import { TestPlatform } from "../harness/platform.ts";

let platform: TestPlatform;

beforeAll(async () => {
  platform = await TestPlatform.start();
});
afterAll(() => platform.stop());

it("gives an app domains, wildcards and paths of other sites", () => {
  const { code, stdout } = runGuideExample(platform, "routes.md");
  expect(stdout).toContain("shop answers at shop.example.test too");
  expect(stdout).toMatch(/^\*\.shop\.example\.test +shop +no +served$/m);
  expect(stdout).toMatch(/^shop\.example\.test:\d+ asks for \/cart$/m);
  expect(stdout).toMatch(/^any\.shop\.example\.test:\d+ asks for \/cart$/m);
  expect(stdout).toMatch(/^example\.test:\d+ asks for \/cart$/m);
  expect(stdout.trimEnd()).toMatch(/shop no longer answers at example\.test\/shop$/);
  expect(code).toBe(0);
});

it("says who has a domain already, and leaves the other app as it was", () => {
  platform.nagi(["create", "late", "--no-remote"]);
  const { code, stderr } = platform.tryNagi(["domains", "add", "shop.example.test", "--app", "late"]);
  expect(code).not.toBe(0);
  expect(stderr).toContain("shop.example.test is not added: route default/shop.shop.example.test already");
  expect(stderr).toContain("app shop in namespace default has it.");
  expect(platform.kubectl(["get", "app", "late", "-o", "jsonpath={.spec.domains}"])).toBe("[]");
});

it.each([
  [
    ["domains", "add", "http://x.test", "--app", "late"],
    'the domain is "http://x.test": must be a host without http://',
  ],
  [["domains", "add", "*.test", "--app", "late"], "a wildcard needs a domain of two parts or more"],
  [["domains", "remove", "x.test", "--app", "late"], "app late has no domain x.test"],
  [["routes", "set", "x.test", "--timeout", "5s", "--app", "late"], "It has: late.localhost"],
  [
    ["routes", "set", "--timeout", "soon", "--app", "late"],
    '--timeout is "soon": must be a whole number with a unit',
  ],
])("refuses %j", (argv, message) => {
  const { code, stderr } = platform.tryNagi(argv);
  expect(code).not.toBe(0);
  expect(stderr).toContain(message);
});

it("refuses a wrong annotation, whoever writes it", () => {
  const wrong = "haproxy.router.openshift.io/timeout=soon";
  const { code, stderr } = platform.run("kubectl", ["annotate", "route", "late", wrong]);
  expect(code).not.toBe(0);
  expect(stderr).toContain("metadata.annotations[haproxy.router.openshift.io/timeout]");
});
