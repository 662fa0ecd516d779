/**
 * Keeps the share of an app's requests that goes to what runs beside the release that serves. The router changes the
 * weights of servers while it runs; how it balances is said beforehand, as that takes a reload.
 */

import type { Client } from "../../client/client.ts";
import type { App } from "../../model/kinds/nagi/app/app.ts";
import { routeSettings, settingOf } from "../../model/kinds/route/route/route-settings.ts";
import { route, type Route } from "../../model/kinds/route/route/route.ts";
import { refOf } from "../../model/meta.ts";
import type { AppCaches } from "./app-caches.ts";
import { besideName, isOwnedBy } from "./names.ts";
import { mainRoutes } from "./routed.ts";

/** By turns: the least busy server would get all of a quiet app's requests, whatever its weight. */
const byTurns = "roundrobin";

export class WeightKeeper {
  readonly #options: { readonly client: Client; readonly caches: AppCaches };

  constructor(options: { readonly client: Client; readonly caches: AppCaches }) {
    this.#options = options;
  }

  /** `weight`: percent; undefined: all goes to the app's own service. */
  async ensure(app: App, weight: number | undefined): Promise<void> {
    const { client, caches } = this.#options;
    for (const each of mainRoutes(caches.of(app).routes)) {
      if (!isOwnedBy(each, app)) continue;
      // A port may lead to an add-on, or to a port that what runs beside has no Service for.
      const isOwn = each.spec.to.name === app.metadata.name;
      const spec = shared(each, besideName(app.metadata.name ?? ""), isOwn ? weight : undefined);
      const isWeighed =
        isOwn && app.spec?.deploy?.strategy === "canary" && settingOf(each, "balance") === undefined;
      if (spec === undefined && !isWeighed) continue;
      const annotations = isWeighed ? { [routeSettings.balance.annotation]: byTurns } : {};
      const body = { metadata: { annotations }, ...(spec === undefined ? {} : { spec }) };
      await client.patch(route, refOf(each), { type: "merge", body });
    }
  }
}

/** What of the route's spec changes; undefined when nothing does. Other backends, which somebody added, stay. */
function shared({ spec }: Route, beside: string, weight: number | undefined) {
  const others = spec.alternateBackends ?? [];
  const present = others.find(({ name }) => name === beside)?.weight;
  if (present === weight) return undefined;
  const kept = others.filter(({ name }) => name !== beside).map((each) => ({ ...each }));
  const mine = weight === undefined ? [] : [{ kind: "Service" as const, name: beside, weight }];
  const alternateBackends = [...kept, ...mine];
  return {
    to: { ...spec.to, weight: 100 - (weight ?? 0) },
    alternateBackends: alternateBackends.length === 0 ? null : alternateBackends,
  };
}
