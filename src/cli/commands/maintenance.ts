import type { Route } from "../../model/kinds/route/route/route.ts";
import { routeSettings, settingOf } from "../../model/kinds/route/route/route-settings.ts";
import { appOption, getApp } from "../app.ts";
import { UsageError, type Command } from "../command.ts";
import { allRoutesOf, domainOf, isHttp } from "../domains/domain-routes.ts";
import { readPage, writePage } from "../routes/pages.ts";
import { annotate } from "../routes/set-routes.ts";

const actions = ["on", "off"];

export const command: Command = {
  name: "maintenance",
  group: "Apps",
  summary: "Tell visitors that an app is being worked on, in its place.",
  usage: "[on [TEXT | --page FILE] | off]",
  description:
    "While it is on, the router answers 503 and the text at all domains of the app; the app goes on running. Where\n" +
    "the router reads no HTTP (TLS that passes through, TCP) the app answers as before, and the command says so.\n" +
    "Without anything it says whether it is on.",
  subcommands: actions,
  options: [
    appOption,
    {
      name: "page",
      type: "string",
      value: "FILE",
      description: "Of on: a page of HTML that is shown in place of a text; it is kept for the next time.",
    },
  ],
  examples: [
    "nagi maintenance on --app shop",
    "nagi maintenance on 'Back at noon.'",
    "nagi maintenance on --page soon.html",
    "nagi maintenance off",
  ],
  async run(context) {
    const [action, ...words] = context.args;
    if (action !== undefined && !actions.includes(action))
      throw new UsageError(
        `nagi maintenance has no action ${JSON.stringify(action)}`,
        `The actions: ${actions.join(", ")}`,
      );
    const found = await getApp(context);
    const all = await allRoutesOf(context, found);
    const isOnAt = (each: Route): boolean => settingOf(each, "maintenance") !== undefined;
    const routes = all.filter((each) => isHttp(each) || (action === "off" && isOnAt(each)));
    const { name } = found.metadata;
    if (action === "on" && routes.length === 0)
      throw new UsageError(
        `app ${name} has no domain where the router could answer in its place`,
        all.length === 0 ? undefined : `It has: ${all.map(domainOf).join(", ")}`,
      );
    if (action === undefined) {
      const isOn = routes.some(isOnAt);
      return context.terminal.print(isOn ? `${name} is in maintenance` : `${name} answers as usual`);
    }
    const file = context.text("page");
    if (file !== undefined) {
      if (action !== "on") throw new UsageError("--page is for nagi maintenance on");
      if (words.length > 0) throw new UsageError("a text and --page exclude each other");
      await writePage(context, found, "maintenance", await readPage(context, file));
    }
    const value = action === "off" ? null : textOf(words);
    await annotate(context, routes, { [routeSettings.maintenance.annotation]: value });
    context.terminal.print(
      action === "off"
        ? `${name} answers as usual again`
        : `${name} is in maintenance: visitors get 503 until nagi maintenance off`,
    );
    const uncovered = all.filter((each) => !isHttp(each)).map(domainOf);
    if (action === "on" && uncovered.length > 0)
      context.terminal.note(
        `The router reads no HTTP at ${uncovered.join(", ")}: the app answers there as before.`,
      );
  },
};

function textOf(words: readonly string[]): string {
  const text = words.length === 0 ? "on" : words.join(" ");
  const problem = routeSettings.maintenance.check(text);
  if (problem === undefined) return text;
  throw new UsageError(
    `the text of nagi maintenance on is ${JSON.stringify(text)}: it ${problem}`,
    "Whatever else is to be shown can be in a page: nagi maintenance on --page FILE",
  );
}
