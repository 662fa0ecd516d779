/** What is known of an app's deploys, for a person. */

import type { App } from "../../model/kinds/nagi/app/app.ts";
import { release as releaseKind } from "../../model/kinds/nagi/release/release.ts";
import type { CommandContext } from "../command.ts";
import { deploymentsOf, processOf } from "../rolled-out.ts";

export function strategyText({ metadata, spec }: App): string {
  return `${metadata.name} is deployed ${spec?.deploy?.strategy ?? "rolling"}`;
}

export async function showDeploys(context: CommandContext, found: App): Promise<void> {
  const { terminal } = context;
  const client = await context.client();
  const { namespace, name } = found.metadata;
  terminal.print(strategyText(found));
  const deployments = await deploymentsOf(client, found);
  const forVolumes = deployments.filter(
    ({ metadata }) => metadata.annotations?.["nagi.dev/recreate"] === "volume",
  );
  for (const each of forVolumes)
    terminal.print(`${processOf(each)} is recreated at a deploy: a volume must not have two writers`);
  const { items } = await client.list(releaseKind, { namespace, labelSelector: `nagi.dev/app=${name}` });
  const newest = items.toSorted((a, b) => b.spec.version - a.spec.version);
  const live = newest.find(({ status }) => status?.phase === "Live");
  for (const each of newest
    .slice(0, 1)
    .concat(live ?? [])
    .filter((one, index, all) => all.indexOf(one) === index))
    terminal.print(`v${each.spec.version} ${each.status?.phase ?? "Pending"}: ${each.status?.message ?? ""}`);
}
