import { expect, test } from "vitest";
import { appsAtHost, drainLoop, drainLoopText } from "./drain-loop.ts";

const routeOf = (name: string, host: string, wildcardPolicy: "None" | "Subdomain" = "None") => ({
  metadata: { namespace: "default" },
  spec: { host, wildcardPolicy, to: { name } },
});
const at = appsAtHost([
  routeOf("a", "a.localhost"),
  routeOf("a", "wildcard.a.example", "Subdomain"),
  routeOf("b", "b.localhost"),
  routeOf("c", "c.localhost"),
]);
const leads = (app: string, host: string, source?: string) => ({
  app: `default/${app}`,
  url: `http://${host}/in`,
  source,
});

test.each([
  ["itself", leads("a", "a.localhost:8080"), [], ["default/a"]],
  ["itself, in capitals", leads("a", "A.LOCALHOST"), [], ["default/a"]],
  ["itself by a wildcard", leads("a", "logs.a.example"), [], ["default/a"]],
  ["its Service", leads("a", "a.default.svc.cluster.local"), [], ["default/a"]],
  ["another", leads("a", "b.localhost"), [], undefined],
  [
    "an app that leads back",
    leads("a", "b.localhost"),
    [leads("b", "a.localhost")],
    ["default/b", "default/a"],
  ],
  [
    "an app that leads back by a third",
    leads("a", "b.localhost"),
    [leads("b", "c.localhost"), leads("c", "a.localhost")],
    ["default/b", "default/c", "default/a"],
  ],
  [
    "a circle of others",
    leads("a", "b.localhost"),
    [leads("b", "c.localhost"), leads("c", "b.localhost")],
    undefined,
  ],
  [
    "an app that sends back its platform's lines",
    leads("a", "b.localhost"),
    [leads("b", "a.localhost", "platform")],
    undefined,
  ],
  ["itself, with the platform's lines", leads("a", "a.localhost", "platform"), [], undefined],
  ["elsewhere", leads("a", "logs.example.com"), [], undefined],
] as const)("a drain to %s", (_where, drain, others, loop) => {
  expect(drainLoop(drain, others, at)).toEqual(loop);
});

test("the reason names who is in between", () => {
  expect(drainLoopText("default/a", ["default/a"])).toMatch(/^it leads to the app a itself: /);
  expect(drainLoopText("default/a", ["default/b", "default/a"])).toMatch(
    /^it leads to the app b, whose drains lead back to a: /,
  );
});
