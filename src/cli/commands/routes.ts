import { appLabel } from "../../model/kinds/nagi/app/app-names.ts";
import { route } from "../../model/kinds/route/route/route.ts";
import { appOption, getApp } from "../app.ts";
import { setErrorPage } from "../routes/pages.ts";
import { UsageError, type Command, type Option } from "../command.ts";
import { addDomain, removeDomain } from "../domains/change-domains.ts";
import { listObjects, listOptions } from "../listing.ts";
import { addTcpRoute, askedPort, removeTcpRoute, tcpOptions } from "../routes/tcp-routes.ts";
import { setRoutes, settingOptions } from "../routes/set-routes.ts";

const platformOption: Option = {
  name: "platform",
  type: "boolean",
  description: "Of error-page: the pages of the platform, for all apps without their own.",
};
const actions = ["set", "add", "remove", "error-page"];

export const command: Command = {
  name: "routes",
  group: "Apps",
  summary: "List the routes of apps; say how their requests are treated.",
  usage:
    "[set [DOMAIN | tcp:PORT] | add DOMAIN | add tcp[:PORT] | remove DOMAIN | remove tcp:PORT |\n        error-page [PAGE FILE | PAGE off]]",
  description:
    "set changes the settings of the app's routes, or of the one at DOMAIN, and shows them. The value off takes a\n" +
    "setting back. add and remove are those of nagi domains, and add tcp gives the app a port of the machine, for what is\n" +
    "not HTTP: databases, brokers, mail. error-page shows a file of HTML in place of an answer of the router: 502, 503,\n" +
    "504 or maintenance; with --platform for all apps without their own, and 404 for hosts that nobody has.",
  subcommands: actions,
  options: [appOption, ...listOptions, ...settingOptions, ...tcpOptions, platformOption],
  examples: [
    "nagi routes",
    "nagi routes set --timeout 60s",
    "nagi routes set example.com/api --rewrite / --app api",
    "nagi routes set --rate-limit 100/m --max-body 10m",
    "nagi routes set --basic-auth ann:secret --allow '192.0.2.0/24 10.0.0.7'",
    "nagi routes set --timeout off",
    "nagi routes add tcp --app mqtt",
    "nagi routes add tcp:20010 --process db --target-port 5432",
    "nagi routes error-page 503 sorry.html",
    "nagi routes set tcp:20010 --allow 192.0.2.0/24",
  ],
  async run(context) {
    const [action, domain] = context.args;
    if (action === undefined) {
      const name = context.text("app");
      await listObjects(context, route, {
        labelSelector: name === undefined ? undefined : `${appLabel}=${name}`,
        empty: "No routes yet. An app gets one when it is created: nagi create NAME",
      });
      return undefined;
    }
    if (!actions.includes(action))
      throw new UsageError(
        `nagi routes has no action ${JSON.stringify(action)}`,
        `The actions: ${actions.join(", ")}`,
      );
    if (action === "error-page" && context.flag("platform"))
      return await setErrorPage(context, undefined, context.args.slice(1));
    const found = await getApp(context);
    if (action === "error-page") return await setErrorPage(context, found, context.args.slice(1));
    if (action === "set") return await setRoutes(context, found, domain);
    if (domain === undefined) throw new UsageError(`nagi routes ${action} needs a domain`);
    const port = askedPort(domain);
    if (port !== undefined)
      return await (action === "add" ? addTcpRoute : removeTcpRoute)(context, found, port);
    if (action === "add") return await addDomain(context, found, domain);
    return await removeDomain(context, found, domain);
  },
};
