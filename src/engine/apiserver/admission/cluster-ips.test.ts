import { expect, test } from "vitest";
import { ClusterIps } from "./cluster-ips.ts";

test("hands out every address but the first and the last, each once", () => {
  const addresses = new ClusterIps("10.0.0.8/29");
  const given = Array.from({ length: 6 }, (_, index) => addresses.claimAny(`service-${index}`));
  const wanted = [9, 10, 11, 12, 13, 14].map((last) => `10.0.0.${last}`);
  expect(new Set(given)).toEqual(new Set(wanted));
  expect(addresses.claimAny("one-more")).toBeUndefined();
  expect(addresses.claim("10.0.0.9", "another")).toBe("taken");
  addresses.release("10.0.0.9", "another");
  expect(addresses.claim("10.0.0.9", "another")).toBe("taken");
  const holder = `service-${given.indexOf("10.0.0.9")}`;
  addresses.release("10.0.0.9", holder);
  expect(addresses.claimAny("another")).toBe("10.0.0.9");
});

test("leaves the lower end to those who choose an address", () => {
  const addresses = new ClusterIps("10.96.0.0/16");
  for (let index = 0; index < 1000; index++) {
    const [, , third, fourth] = (addresses.claimAny(`s-${index}`) ?? "").split(".").map(Number);
    expect((third ?? 0) * 256 + (fourth ?? 0)).toBeGreaterThanOrEqual(256);
  }
  expect(addresses.claim("10.96.0.10", "dns")).toBe("claimed");
});

test.each(["10.96.0.0", "10.97.0.1", "10.96.255.255", "x", "10.96.0.01", "10.96.0.300", "::1"])(
  "%s is outside 10.96.0.0/16",
  (address) => {
    expect(new ClusterIps("10.96.0.0/16").claim(address, "a")).toBe("outside");
  },
);

test.each(["10.96.0.0", "10.96.0.0/30", "10.0.0.0/8", "fd00::/112", "300.1.1.1/16"])(
  "%s is no range for services",
  (cidr) => {
    expect(() => new ClusterIps(cidr)).toThrow(`cannot use ${cidr} for services`);
  },
);
