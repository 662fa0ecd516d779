/**
 * Addresses that a build has no business with: this machine's, and those of containers and services on it. What the engine
 * itself fetches for a Dockerfile's ADD does not go by the network of builds. Pure.
 */

import { BlockList, isIP } from "node:net";

/** `ranges`: of containers and services, as CIDR; `machine`: the machine's own addresses. */
export function ownAddresses(ranges: readonly string[], machine: readonly string[]): BlockList {
  const list = new BlockList();
  list.addSubnet("0.0.0.0", 8);
  list.addSubnet("127.0.0.0", 8);
  list.addSubnet("169.254.0.0", 16);
  list.addAddress("::", "ipv6");
  list.addAddress("::1", "ipv6");
  list.addSubnet("fe80::", 10, "ipv6");
  for (const range of ranges) {
    const [address = "", bits = "32"] = range.split("/");
    list.addSubnet(address, Number(bits), isIP(address) === 6 ? "ipv6" : "ipv4");
  }
  for (const address of machine) {
    const [plain = ""] = address.split("%");
    list.addAddress(plain, isIP(plain) === 6 ? "ipv6" : "ipv4");
  }
  return list;
}

export function isOwn(list: BlockList, address: string): boolean {
  return list.check(address, isIP(address) === 6 ? "ipv6" : "ipv4");
}
