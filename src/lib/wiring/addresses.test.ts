import { assert, ipV4, property } from "fast-check";
import { expect, test } from "vitest";
import {
  AddressPool,
  formatAddress,
  freeSubnet,
  overlaps,
  parseAddress,
  parseRange,
  routedRanges,
} from "./addresses.ts";

test("addresses are read and written", () => {
  assert(
    property(ipV4(), (text) => {
      expect(formatAddress(parseAddress(text))).toBe(text);
    }),
  );
  for (const wrong of ["", "1.2.3", "1.2.3.256", "1.2.3.x", "::1"])
    expect(() => parseAddress(wrong)).toThrow("cannot read");
});

test.each([
  ["10.0.0.0/8", "10.255.0.0/16", true],
  ["10.1.0.0/16", "10.2.0.0/16", false],
  ["10.1.255.255/32", "10.1.0.0/16", true],
  ["0.0.0.0/0", "192.168.0.0/24", true],
])("%s and %s overlap: %s", (a, b, expected) => {
  expect(overlaps(parseRange(a), parseRange(b))).toBe(expected);
  expect(overlaps(parseRange(b), parseRange(a))).toBe(expected);
});

test("a free subnet keeps clear of what is taken", () => {
  expect(freeSubnet([])).toBe("10.64.0.0/16");
  expect(freeSubnet([parseRange("10.64.0.0/15")])).toBe("10.66.0.0/16");
  expect(freeSubnet([parseRange("10.0.0.0/8")])).toBeUndefined();
});

test("routes are read from the kernel's table, without the default route", () => {
  const table = [
    "Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU",
    "eth0\t00000000\t010200C0\t0003\t0\t0\t0\t00000000\t0",
    "eth0\t000200C0\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0",
    "",
  ].join("\n");
  expect(routedRanges(table)).toEqual([parseRange("192.0.2.0/24")]);
});

test("a pool gives each owner one address of its own until it is released", () => {
  const pool = new AddressPool("10.0.0.0/29");
  expect(pool.reserve("x", "10.0.0.3")).toBe(true);
  expect(pool.reserve("y", "10.0.0.3")).toBe(false);
  expect(pool.reserve("y", "10.1.0.3")).toBe(false);
  expect([pool.allocate("a"), pool.allocate("b"), pool.allocate("a")]).toEqual([
    "10.0.0.4",
    "10.0.0.5",
    "10.0.0.4",
  ]);
  pool.release("a");
  expect(pool.addressOf("a")).toBeUndefined();
  expect([pool.allocate("c"), pool.allocate("d"), pool.allocate("e")]).toEqual([
    "10.0.0.6",
    "10.0.0.2",
    "10.0.0.4",
  ]);
  expect(() => pool.allocate("f")).toThrow("all are in use");
});
