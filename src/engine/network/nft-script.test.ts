import { expect, test } from "vitest";
import { byName, changeScript, fullScript } from "./nft-script.ts";
import type { ServicePortRoute } from "./service-ports.ts";

const backend = (last: number) => ({ address: `10.1.0.${last}`, port: 8080 });

function route(
  name: string,
  clusterIP: string,
  backends: readonly number[],
  affinitySeconds?: number,
): ServicePortRoute {
  const named = `default/${name}/tcp/80`;
  return {
    name: named,
    clusterIP,
    protocol: "tcp",
    port: 80,
    backends: backends.map(backend),
    affinitySeconds,
  };
}

const change = (before: ServicePortRoute[], after: ServicePortRoute[]): string[] =>
  changeScript("t", byName(before), byName(after)).split("\n").slice(0, -1);

const rule = (...lasts: number[]): string => {
  const choices = lasts.map((last, index) => `${index} : 10.1.0.${last} . 8080`).join(", ");
  return `meta l4proto tcp dnat ip to numgen random mod ${lasts.length} map { ${choices} }`;
};

test("a new service is a chain, its rule and an entry of the map", () => {
  expect(change([], [route("web", "10.96.0.1", [1, 2])])).toEqual([
    "add chain ip t svc/default/web/tcp/80",
    `add rule ip t svc/default/web/tcp/80 ${rule(1, 2)}`,
    "add element ip t services { 10.96.0.1 . tcp . 80 : goto svc/default/web/tcp/80 }",
  ]);
});

test("what stays the same is not touched; without any change there is no script", () => {
  const stays = route("web", "10.96.0.1", [1, 2]);
  expect(changeScript("t", byName([stays]), byName([{ ...stays }]))).toBe("");
  expect(change([stays, route("db", "10.96.0.2", [3])], [stays, route("db", "10.96.0.2", [4])])).toEqual([
    "flush chain ip t svc/default/db/tcp/80",
    `add rule ip t svc/default/db/tcp/80 ${rule(4)}`,
  ]);
});

test("a service that loses its last endpoint leaves the map, so that it is refused", () => {
  expect(change([route("web", "10.96.0.1", [1])], [route("web", "10.96.0.1", [])])).toEqual([
    "delete element ip t services { 10.96.0.1 . tcp . 80 }",
    "flush chain ip t svc/default/web/tcp/80",
    "delete chain ip t svc/default/web/tcp/80",
  ]);
});

test("an address that passes to another service leaves the one before it enters for the other", () => {
  const lines = change([route("old", "10.96.0.1", [1])], [route("new", "10.96.0.1", [2])]);
  const place = (start: string): number => lines.findIndex((line) => line.startsWith(start));
  expect(place("delete element")).toBe(0);
  expect(place("delete element")).toBeLessThan(place("add element"));
  expect(place("add element")).toBeLessThan(place("delete chain"));
});

test("affinity keeps the memory of the backends that stay", () => {
  const lines = change([route("web", "10.96.0.1", [1, 2], 60)], [route("web", "10.96.0.1", [2, 3], 60)]);
  expect(lines.filter((line) => / set /.test(line))).toEqual([
    "add set ip t aff/60/default/web/tcp/80/10.1.0.3/8080 { type ipv4_addr; flags dynamic,timeout; timeout 60s; size 65535; }",
    "delete set ip t aff/60/default/web/tcp/80/10.1.0.1/8080",
  ]);
  expect(lines.filter((line) => line.includes("10.1.0.2/8080"))).toEqual([
    "add rule ip t svc/default/web/tcp/80 ip saddr @aff/60/default/web/tcp/80/10.1.0.2/8080 goto ep/default/web/tcp/80/10.1.0.2/8080",
    "add rule ip t svc/default/web/tcp/80 numgen random mod 2 vmap { 0 : goto ep/default/web/tcp/80/10.1.0.2/8080, 1 : goto ep/default/web/tcp/80/10.1.0.3/8080 }",
  ]);
});

test("the full script takes the old table away in the same transaction", () => {
  const options = { table: "t", gateway: "10.1.0.1", podCidr: "10.1.0.0/24", serviceCidr: "10.96.0.0/16" };
  const script = fullScript(options, [route("web", "10.96.0.1", [1])]);
  expect(script.indexOf("delete table ip t")).toBeLessThan(script.indexOf("chain prerouting"));
  expect(script).toContain("add element ip t services { 10.96.0.1 . tcp . 80");
});
