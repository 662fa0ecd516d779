/** Ports that a platform's own programs hold while Nagi itself does not run: no reason to refuse a start. */

import type { PlatformConfig } from "./config.ts";
import { survivingProcesses } from "./processes.ts";

export async function survivingPorts(config: PlatformConfig): Promise<ReadonlySet<number>> {
  const alive = new Set((await survivingProcesses(config.dataDir)).map(({ name }) => name));
  const ports = new Set<number>();
  if (alive.has("haproxy")) ports.add(config.httpPort).add(config.httpsPort);
  if (alive.has("registry")) ports.add(config.registryPort);
  if (alive.has("sshd")) ports.add(config.sshPort);
  return ports;
}
