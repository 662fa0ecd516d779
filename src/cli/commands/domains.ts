import { tcpPortOf } from "../../model/kinds/route/route/tcp-port.ts";
import { appLabel } from "../../model/kinds/nagi/app/app-names.ts";
import { route, type Route } from "../../model/kinds/route/route/route.ts";
import { appOption, getApp, knownAppName } from "../app.ts";
import { UsageError, type Command, type CommandContext } from "../command.ts";
import { addDomain, removeDomain } from "../domains/change-domains.ts";
import { admissionOf, domainOf } from "../domains/domain-routes.ts";
import { columns } from "../format.ts";
import { listOptions } from "../listing.ts";

const actions = ["list", "add", "remove"] as const;

export const command: Command = {
  name: "domains",
  group: "Apps",
  summary: "List the domains of apps, add or remove one.",
  usage: "[list | add DOMAIN | remove DOMAIN]",
  description:
    "DOMAIN is a host, perhaps with *. before it for all names right below, or with a path behind it:\n" +
    "shop.example.com, *.shop.example.com, example.com/shop. Who has a domain first keeps it.",
  subcommands: actions,
  options: [appOption, ...listOptions.filter(({ name }) => name === "all-namespaces")],
  examples: [
    "nagi domains",
    "nagi domains add shop.example.com --app shop",
    "nagi domains add '*.shop.example.com' --app shop",
    "nagi domains add example.com/shop --app shop",
    "nagi domains remove shop.example.com",
  ],
  async run(context) {
    const [action = "list", domain, ...rest] = context.args;
    if (!(actions as readonly string[]).includes(action))
      throw new UsageError(
        `nagi domains has no action ${JSON.stringify(action)}`,
        `The actions: ${actions.join(", ")}`,
      );
    if (action === "list") return await list(context);
    if (domain === undefined) throw new UsageError(`nagi domains ${action} needs a domain`);
    if (rest.length > 0)
      throw new UsageError(`nagi domains ${action} takes one domain; ${JSON.stringify(rest[0])} is too much`);
    const found = await getApp(context);
    if (action === "add") return await addDomain(context, found, domain);
    return await removeDomain(context, found, domain);
  },
};

async function list(context: CommandContext): Promise<void> {
  const client = await context.client();
  const all = context.flag("all-namespaces");
  const name = all ? context.text("app") : await knownAppName(context);
  const namespace = all ? undefined : await context.namespace();
  const labelSelector = name === undefined ? undefined : `${appLabel}=${name}`;
  const { items: routes } = await client.list(route, { namespace, labelSelector });
  const items = routes.filter((each) => tcpPortOf(each) === undefined);
  if (items.length === 0)
    return context.terminal.note("No domains yet. An app gets one when it is created: nagi create NAME");
  const rows = items.map((each) => [
    ...(all ? [each.metadata.namespace ?? ""] : []),
    domainOf(each),
    each.metadata.labels?.[appLabel] ?? `service ${each.spec.to.name}`,
    tlsText(each),
    stateText(each),
  ]);
  context.terminal.print(
    columns([[...(all ? ["NAMESPACE"] : []), "DOMAIN", "APP", "HTTPS", "STATE"], ...rows]),
  );
}

function tlsText({ spec: { tls } }: Route): string {
  if (tls === undefined) return "no";
  return tls.termination === "edge" ? "yes" : tls.termination;
}

function stateText(each: Route): string {
  const { isAdmitted, message } = admissionOf(each);
  if (isAdmitted === undefined) return "not taken by the router yet";
  return isAdmitted ? "served" : `refused: ${message}`;
}
