/**
 * What the pods' bridge needs beside the rules, each time it is there anew with a pod:
 *
 * - On a machine without a default route, a route of the service addresses to it: any route will do for the
 *   host's connections to be translated, but there must be one.
 * - A pod must reach itself through its service. Where bridged packets pass through the firewall
 *   (net.bridge.bridge-nf-call-iptables), such a packet would have to leave by the bridge port that it came in
 *   by, which a port does only when told to; elsewhere the packet takes the way over the host.
 */

import { readdir, readFile, writeFile } from "node:fs/promises";
import { networkInterfaces } from "node:os";
import { join } from "node:path";
import { findProgram, runProgram } from "../../lib/system-programs.ts";

/** Destination of a default route in the kernel's table of routes. */
const everywhere = "00000000";
const filtered = "/proc/sys/net/bridge/bridge-nf-call-iptables";

export interface BridgeOptions {
  /** Address of the host on the bridge. */
  readonly gateway: string;
  readonly serviceCidr: string;
}

export async function prepareBridge({ gateway, serviceCidr }: BridgeOptions): Promise<void> {
  const bridge = interfaceWith(gateway);
  if (bridge === undefined) return;
  await allowHairpin(bridge);
  await routeServices(bridge, { gateway, serviceCidr });
}

async function routeServices(bridge: string, { gateway, serviceCidr }: BridgeOptions): Promise<void> {
  const present = (await textOf("/proc/net/route")).split("\n").map((line) => line.split("\t"));
  const wanted = hexOf(serviceCidr);
  if (present.some(([, destination]) => destination === everywhere || destination === wanted)) return;
  const ip = await findProgram("ip");
  if (ip === undefined) return;
  await runProgram(ip, ["route", "replace", serviceCidr, "dev", bridge, "src", gateway]);
}

/** The first address of the range as the kernel's table of routes shows it: bytes in reverse. */
function hexOf(cidr: string): string {
  const bytes = (cidr.split("/")[0] ?? "").split(".").map(Number).toReversed();
  return Buffer.from(bytes).toString("hex").toUpperCase();
}

async function allowHairpin(bridge: string): Promise<void> {
  if ((await textOf(filtered)).trim() !== "1") return;
  const directory = join("/sys/class/net", bridge, "brif");
  const ports = await readdir(directory).catch(() => []);
  for (const port of ports) {
    const file = join(directory, port, "hairpin_mode");
    if ((await textOf(file)).trim() !== "0") continue;
    // A pod that ended meanwhile has taken its port along.
    await writeFile(file, "1").catch(() => undefined);
  }
}

/** The bridge comes and goes with its pods, under a name that the container engine chooses. */
function interfaceWith(address: string): string | undefined {
  const found = Object.entries(networkInterfaces()).find(([, addresses]) =>
    addresses?.some((each) => each.address === address),
  );
  return found?.[0];
}

/** "" when there is no such file: the module is not loaded, or the port is gone. */
function textOf(file: string): Promise<string> {
  return readFile(file, "utf8").catch(() => "");
}
