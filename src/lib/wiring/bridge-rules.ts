/**
 * What those on a bridge need of the firewall to reach the outside: they pass for the host there (a table of Nagi's own), and a firewall that
 * forwards nothing by itself, as Docker's does, lets their packets through (two rules in `FORWARD`: no other table could overrule it).
 */

import { runNft, withoutTable } from "../nftables.ts";
import { findProgram, runProgram } from "../system-programs.ts";

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
  await runNft(`${withoutTable("ip", tableName(instance))}table ip ${tableName(instance)} {
  chain postrouting {
    type nat hook postrouting priority ${snatPriority}; policy accept;
    ${outside} masquerade
  }
}
`);
  for (const rule of await forwardRules(options)) if (!(await rule.isThere())) await rule.putFirst();
}

/** What range they are for, as long as they are there. */
export async function wiredSubnet(instance: string): Promise<string | undefined> {
  const nft = await findProgram("nft");
  if (nft === undefined) return undefined;
  const list = runProgram(nft, ["list", "table", "ip", tableName(instance)]);
  return /ip saddr (\S+)/.exec(await list.catch(() => ""))?.[1];
}

export async function removeBridgeRules(instance: string): Promise<void> {
  if ((await findProgram("nft")) === undefined) return;
  await runNft(withoutTable("ip", tableName(instance)));
  const iptables = await findProgram("iptables");
  if (iptables === undefined) return;
  const present = await runProgram(iptables, ["-w", lockSeconds, "-S", "FORWARD"]);
  for (const line of present.split("\n")) {
    const [verb, ...words] = line.split(" ");
    if (verb === "-A" && words.join(" ").includes(`--comment ${noteOf(instance)} `))
      await runProgram(iptables, ["-w", lockSeconds, "-D", ...words]);
  }
}

interface ForwardRule {
  isThere(): Promise<boolean>;
  putFirst(): Promise<string>;
}

/** None where there is no iptables: then nobody's rules of that kind stand in the way. */
async function forwardRules({ instance, subnet }: BridgeRulesOptions): Promise<ForwardRule[]> {
  const iptables = await findProgram("iptables");
  if (iptables === undefined) return [];
  const note = ["-m", "comment", "--comment", noteOf(instance)];
  const rules = [
    ["-s", subnet, ...note, "-j", "ACCEPT"],
    ["-d", subnet, "-m", "conntrack", "--ctstate", "RELATED,ESTABLISHED", ...note, "-j", "ACCEPT"],
  ];
  return rules.map((rule) => {
    const run = (verb: string): Promise<string> =>
      runProgram(iptables, ["-w", lockSeconds, verb, "FORWARD", ...rule]);
    return {
      isThere: () =>
        run("-C").then(
          () => true,
          () => false,
        ),
      putFirst: () => run("-I"),
    };
  });
}

function noteOf(instance: string): string {
  return `nagi-${instance}`;
}

function tableName(instance: string): string {
  return `nagi-nat-${instance}`;
}
