/**
 * Lets a pod reach itself through its service. Where bridged packets pass through the firewall
 * (net.bridge.bridge-nf-call-iptables), such a packet would have to leave by the bridge port that it came in
 * by, which a port does only when told to; elsewhere the packet takes the way over the host.
 */

import { readdir, readFile, writeFile } from "node:fs/promises";
import { networkInterfaces } from "node:os";
import { join } from "node:path";

const filtered = "/proc/sys/net/bridge/bridge-nf-call-iptables";

/** Tells the ports of the bridge with this address, those of new pods included; returns how many had to be told. */
export async function allowHairpin(gateway: string): Promise<number> {
  const bridge = interfaceWith(gateway);
  if (bridge === undefined || (await textOf(filtered)).trim() !== "1") return 0;
  const directory = join("/sys/class/net", bridge, "brif");
  const ports = await readdir(directory).catch(() => []);
  let changed = 0;
  for (const port of ports) {
    const file = join(directory, port, "hairpin_mode");
    if ((await textOf(file)).trim() !== "0") continue;
    // A pod that ended meanwhile has taken its port along.
    changed += await writeFile(file, "1").then(
      () => 1,
      () => 0,
    );
  }
  return changed;
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
