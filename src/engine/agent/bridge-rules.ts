/**
 * What pods need of the firewall to reach the outside: they pass for the host there (a table of Nagi's own), and a firewall that
 * forwards nothing by itself, as Docker's does, lets their packets through (two rules in `FORWARD`: no other table could overrule it).
 */

import { findProgram, runProgram } from "../../lib/system-programs.ts";

export interface BridgeRulesOptions {
  readonly instance: string;
  readonly subnet: string;
}

/** Before the engine's own rules. */
const snatPriority = 95;
/** Seconds that another program's change of the firewall is awaited. */
const lockSeconds = "10";

/** As they should be, whatever was there. */
export async function bridgeRules(options: BridgeRulesOptions): Promise<void> {
  const { instance, subnet } = options;
  const outside = `ip saddr ${subnet} ip daddr != ${subnet} ip daddr != 224.0.0.0/4`;
  await load(`${emptied(instance)}table ip ${tableName(instance)} {
  chain postrouting {
    type nat hook postrouting priority ${snatPriority}; policy accept;
    ${outside} masquerade
  }
}
`);
  const iptables = await findProgram("iptables");
  if (iptables === undefined) return;
  for (const rule of forwardRules(options)) {
    const run = (verb: string): Promise<string> =>
      runProgram(iptables, ["-w", lockSeconds, verb, "FORWARD", ...rule]);
    await run("-C").catch(() => run("-I"));
  }
}

export async function removeBridgeRules(options: BridgeRulesOptions): Promise<void> {
  const { instance } = options;
  if ((await findProgram("nft")) === undefined) return;
  await load(emptied(instance));
  const iptables = await findProgram("iptables");
  if (iptables === undefined) return;
  for (const rule of forwardRules(options)) {
    const run = (verb: string): Promise<string> =>
      runProgram(iptables, ["-w", lockSeconds, verb, "FORWARD", ...rule]);
    const isThere = (): Promise<boolean> =>
      run("-C").then(
        () => true,
        () => false,
      );
    // Who was killed between the question and the deed has left it twice.
    while (await isThere()) await run("-D");
  }
}

function forwardRules({ instance, subnet }: BridgeRulesOptions): string[][] {
  const note = ["-m", "comment", "--comment", `nagi-${instance}`];
  return [
    ["-s", subnet, ...note, "-j", "ACCEPT"],
    ["-d", subnet, "-m", "conntrack", "--ctstate", "RELATED,ESTABLISHED", ...note, "-j", "ACCEPT"],
  ];
}

async function load(script: string): Promise<void> {
  await runProgram((await findProgram("nft")) ?? "nft", ["-f", "-"], script);
}

function tableName(instance: string): string {
  return `nagi-pods-${instance}`;
}

function emptied(instance: string): string {
  return `table ip ${tableName(instance)} {\n}\ndelete table ip ${tableName(instance)}\n`;
}
