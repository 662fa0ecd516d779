/** The autoscalers of an app's processes: those of `nagi autoscale` and those that came by other ways. */

import {
  horizontalPodAutoscaler,
  type HorizontalPodAutoscaler,
} from "../../model/kinds/autoscaling/horizontalpodautoscaler/horizontalpodautoscaler.ts";
import { appLabel } from "../../model/kinds/nagi/app/app-names.ts";
import type { App } from "../../model/kinds/nagi/app/app.ts";
import { UsageError, type CommandContext } from "../command.ts";
import { typesOf } from "../process-types.ts";

export type AppAutoscalers = ReadonlyMap<string, HorizontalPodAutoscaler>;

/** By process type. */
export async function autoscalersOf(context: CommandContext, found: App): Promise<AppAutoscalers> {
  const { namespace, name = "" } = found.metadata;
  const client = await context.client();
  const { items } = await client.list(horizontalPodAutoscaler, { namespace });
  const prefix = `${name}-`;
  const types = typesOf(found);
  const own = items.flatMap((each): [string, HorizontalPodAutoscaler][] => {
    const { kind, name: target } = each.spec.scaleTargetRef;
    if (kind !== "Deployment" || !target.startsWith(prefix)) return [];
    const type = target.slice(prefix.length);
    const app = each.metadata.labels?.[appLabel];
    // The target may be another app's whose name begins alike: shop-admin-web.
    const isOwn = app === undefined ? types.includes(type) : app === name;
    return isOwn ? [[type, each]] : [];
  });
  return new Map(own);
}

/** What is autoscaled cannot be scaled by hand: the autoscaler would undo it. */
export async function refuseAutoscaled(
  context: CommandContext,
  found: App,
  types: readonly string[],
): Promise<void> {
  const autoscalers = await autoscalersOf(context, found);
  const { name } = found.metadata;
  for (const type of types) {
    const { minReplicas = 1, maxReplicas } = autoscalers.get(type)?.spec ?? {};
    if (maxReplicas === undefined) continue;
    throw new UsageError(
      `${type} of ${name} is autoscaled, from ${minReplicas} to ${maxReplicas} instances`,
      `Change the limits: nagi autoscale ${name} ${type} --min ${minReplicas} --max ${maxReplicas}. To scale by hand: nagi autoscale ${name} ${type} --off`,
    );
  }
}
