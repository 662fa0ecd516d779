import { route } from "../../model/kinds/route/route/route.ts";
import { appOption, getApp } from "../app.ts";
import { UsageError, type Command } from "../command.ts";
import { addDomain, removeDomain } from "../domains/change-domains.ts";
import { listObjects, listOptions } from "../listing.ts";

export const command: Command = {
  name: "routes",
  group: "Apps",
  summary: "List the addresses of apps, or add and remove a domain of one.",
  usage: "[add DOMAIN | remove DOMAIN]",
  subcommands: ["add", "remove"],
  options: [appOption, ...listOptions],
  examples: [
    "nagi routes",
    "nagi routes add shop.example.com --app shop",
  ],
  async run(context) {
    const [action, domain] = context.args;
    if (action === undefined) {
      const name = context.text("app");
      await listObjects(context, route, {
        labelSelector: name === undefined ? undefined : `nagi.dev/app=${name}`,
        empty: "No routes yet. An app gets one when it is created: nagi create NAME",
      });
      return undefined;
    }
    if (action !== "add" && action !== "remove")
      throw new UsageError(`nagi routes has no action ${JSON.stringify(action)}`, "The actions: add, remove");
    if (domain === undefined) throw new UsageError(`nagi routes ${action} needs a domain`);
    const found = await getApp(context);
    if (action === "add") return await addDomain(context, found, domain);
    return await removeDomain(context, found, domain);
  },
};
