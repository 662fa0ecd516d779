import { route } from "../../model/kinds/route/route/route.ts";
import { app } from "../../model/kinds/nagi/app/app.ts";
import { appOption, appName, getApp } from "../app.ts";
import { UsageError, type Command } from "../command.ts";
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
    "nagi domains:add shop.example.com",
  ],
  async run(context) {
    const [action, domain] = context.args;
    if (action === undefined) {
      const name = context.text("app");
      await listObjects(context, route, {
        labelSelector: name === undefined ? undefined : `nagi.dev/app=${name}`,
        empty: "No routes yet. An app gets one when it is created: nagi create NAME",
      });
      return;
    }
    if (action !== "add" && action !== "remove")
      throw new UsageError(`nagi routes has no action ${JSON.stringify(action)}`, "The actions: add, remove");
    if (domain === undefined) throw new UsageError(`nagi routes ${action} needs a domain`);
    const found = await getApp(context, await appName(context));
    const { namespace, name = "" } = found.metadata;
    const present = found.spec?.domains ?? [];
    if (action === "remove" && !present.includes(domain))
      throw new UsageError(
        `app ${name} has no domain ${domain}`,
        `It has: ${present.join(", ") || "none of its own"}`,
      );
    const domains = present.filter((other) => other !== domain);
    if (action === "add") domains.push(domain);
    const client = await context.client();
    await client.patch(app, { namespace, name }, { type: "merge", body: { spec: { domains } } });
    context.terminal.print(
      action === "add" ? `${name} answers at ${domain} too` : `${name} no longer answers at ${domain}`,
    );
  },
};
