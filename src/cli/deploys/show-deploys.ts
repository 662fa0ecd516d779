/** What is known of an app's deploys, for a person. */

import { canaryDefaults, defaultKeepSeconds, type AppDeploy } from "../../model/kinds/nagi/app/app-deploy.ts";
import type { App } from "../../model/kinds/nagi/app/app.ts";
import type { CommandContext } from "../command.ts";
import { releasesOf, standbyOf, standbyText } from "./deploy-wish.ts";
import { deploymentsOf, processOf } from "../rolled-out.ts";

export function strategyText({ metadata, spec }: App): string {
  const { strategy = "rolling", keepSeconds = defaultKeepSeconds } = spec?.deploy ?? {};
  const keep =
    strategy === "blue-green" ? `; the old release goes on for ${keepSeconds} s after a cutover` : "";
  return `${metadata.name} is deployed ${strategy}${keep}${strategy === "canary" ? canaryText(spec?.deploy?.canary) : ""}`;
}

function canaryText(given: AppDeploy["canary"]): string {
  const { steps = canaryDefaults.steps, intervalSeconds = canaryDefaults.intervalSeconds } = given ?? {};
  const { maxErrorPercent = canaryDefaults.maxErrorPercent, maxLatencyMs } = given ?? {};
  const slow = maxLatencyMs === undefined ? "" : `, or 95 of 100 answers take more than ${maxLatencyMs} ms`;
  return `: ${steps.join(", ")} % of the requests for ${intervalSeconds} s each, given up when more than ${maxErrorPercent} % fail${slow}`;
}

export async function showDeploys(context: CommandContext, found: App): Promise<void> {
  const { terminal } = context;
  const client = await context.client();
  terminal.print(strategyText(found));
  const deployments = await deploymentsOf(client, found);
  const forVolumes = deployments.filter(
    ({ metadata }) => metadata.annotations?.["nagi.dev/recreate"] === "volume",
  );
  for (const each of forVolumes)
    terminal.print(`${processOf(each)} is recreated at a deploy: a volume must not have two writers`);
  const newest = await releasesOf(context, found);
  const live = newest.find(({ status }) => status?.phase === "Live");
  const shown = newest.filter((each, index) => index === 0 || each === live);
  for (const { spec, status } of shown)
    terminal.print(`v${spec.version} ${status?.phase ?? "Pending"}: ${status?.message ?? "starting"}`);
  const before = standbyOf(newest);
  if (before !== undefined)
    terminal.print(
      `v${before.spec.version} goes on for ${standbyText(before)}. To go back: nagi cutover ${found.metadata.name} --back`,
    );
}
