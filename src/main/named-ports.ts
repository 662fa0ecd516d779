/** The ports of a platform, each with its use and the flag that changes it. */

import type { PlatformConfig } from "./config.ts";
import { portOwner } from "../lib/port-holder.ts";
import type { Problem } from "./preflight.ts";
import { survivingPorts } from "./surviving.ts";

export interface NamedPort {
  readonly port: number;
  readonly flag: string;
  readonly use: string;
}

export function namedPorts(config: PlatformConfig): NamedPort[] {
  return [
    { port: config.httpPort, flag: "--http-port", use: "apps" },
    { port: config.httpsPort, flag: "--https-port", use: "apps over HTTPS" },
    { port: config.apiPort, flag: "--api-port", use: "Kubernetes API" },
    { port: config.registryPort, flag: "--registry-port", use: "image registry" },
    { port: config.sshPort, flag: "--ssh-port", use: "git over SSH" },
  ];
}

/** Ports that another program took between the checks before the start and now. */
export async function lostPorts(config: PlatformConfig): Promise<Problem[]> {
  const own = await survivingPorts(config);
  const problems = namedPorts(config).flatMap(({ port, flag, use }) => {
    const owner = own.has(port) ? undefined : ownerBeside(port);
    if (owner === undefined) return [];
    return [
      {
        what: `port ${port} (${use}) is taken by ${owner}`,
        remedy: `stop it, or choose another: ${flag} PORT`,
      },
    ];
  });
  const inner = ownerBeside(config.platformPort);
  if (inner === undefined) return problems;
  const what = `port ${config.platformPort}, which Nagi uses on loopback for itself, is taken by ${inner}`;
  return [
    ...problems,
    { what, remedy: "stop it, or take platformPort out of settings.json: another is chosen" },
  ];
}

function ownerBeside(port: number): string | undefined {
  const owner = portOwner(port);
  return owner?.endsWith(`(pid ${process.pid})`) === true ? undefined : owner;
}
