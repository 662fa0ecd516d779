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
  for (const rule of await forwardRules(options)) if (!(await rule.isThere())) await rule.do("-I");
}

export async function removeBridgeRules(options: BridgeRulesOptions): Promise<void> {
  const { instance } = options;
  if ((await findProgram("nft")) === undefined) return;
  await runNft(withoutTable("ip", tableName(instance)));
  for (const rule of await forwardRules(options)) {
    // Who was killed between the question and the deed has left it twice.
    while (await rule.isThere()) await rule.do("-D");
  }
}

interface ForwardRule {
  isThere(): Promise<boolean>;
  /** Puts it first, or takes it away. */
  do(verb: "-I" | "-D"): Promise<string>;
}

/** None where there is no iptables: then nobody's rules of that kind stand in the way. */
async function forwardRules({ instance, subnet }: BridgeRulesOptions): Promise<ForwardRule[]> {
  const iptables = await findProgram("iptables");
  if (iptables === undefined) return [];
  const note = ["-m", "comment", "--comment", `nagi-${instance}`];
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
      do: run,
    };
  });
}

function tableName(instance: string): string {
  return `nagi-nat-${instance}`;
}
