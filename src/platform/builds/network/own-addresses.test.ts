import { expect, it } from "vitest";
import { isOwn, ownAddresses } from "./own-addresses.ts";

it.each([
  ["127.0.0.1", true],
  ["0.0.0.0", true],
  ["::1", true],
  ["::ffff:127.0.0.1", true],
  ["169.254.169.254", true],
  ["10.88.3.4", true],
  ["192.168.7.2", true],
  ["fe80::1", true],
  ["10.89.0.1", false],
  ["192.168.7.3", false],
  ["2001:db8::1", false],
])("%s is the machine's own: %s", (address, expected) => {
  expect(isOwn(ownAddresses(["10.88.0.0/16"], ["192.168.7.2", "fe80::2%eth0"]), address)).toBe(expected);
});
