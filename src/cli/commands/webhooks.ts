import { randomUUID } from "node:crypto";
import { decodeText } from "../../lib/base64.ts";
import { waitFor } from "../../client/wait-for.ts";
import { systemClock } from "../../lib/clock.ts";
import { providerNames } from "../../lib/webhooks/providers.ts";
import { pingRequest } from "../../lib/webhooks/sample.ts";
import { newObject } from "../../model/kind.ts";
import { secret as secretKind } from "../../model/kinds/core/secret/secret.ts";
import { webhook as webhookKind, type Webhook } from "../../model/kinds/nagi/webhook/webhook.ts";
import {
  webhookDelivery,
  type WebhookDelivery,
} from "../../model/kinds/nagi/webhookdelivery/webhookdelivery.ts";
import { refOf } from "../../model/meta.ts";
import { ageText } from "../../model/table.ts";
import { appOption } from "../app.ts";
import { reasonIn } from "../ask-platform.ts";
import { UsageError, type Command, type CommandContext } from "../command.ts";
import { columns } from "../format.ts";
import { listText } from "../output.ts";
import { showDeliveries } from "../webhooks/show-deliveries.ts";
import { addWebhook, hookUrl, tokenOf } from "../webhooks/add-webhook.ts";
import { deliveriesOf, findDelivery, findHook, hooksOf, idOf } from "../webhooks/find-webhook.ts";

const decisionMaxMs = 30_000;
const testMaxMs = 15_000;

export const command: Command = {
  name: "webhooks",
  group: "Deploying",
  summary:
    "Let GitHub, GitLab, Gitea, Forgejo, Bitbucket or a script build an app when something is pushed there.",
  usage: "[add | remove ID | token ID | test ID | deliveries [info DELIVERY] | replay DELIVERY]",
  description:
    "add makes a webhook of an app that is built from a repository (nagi source --git), and prints the address and secret\n" +
    "for the forge. Built is what is pushed to the app's branch, or to those of --branch; patterns are those of a shell,\n" +
    "with ** for any directories. A commit that says [skip ci] or [skip nagi] is not built; of several that wait only the\n" +
    "newest is. With --token (- reads standard input) the forge is told the commit's status. deliveries shows what was\n" +
    "told and what came of it; replay decides a delivery once more.",
  subcommands: ["list", "add", "remove", "token", "test", "deliveries", "replay"],
  options: [
    appOption,
    {
      name: "provider",
      type: "string",
      value: "NAME",
      choices: providerNames,
      description: "With add: the forge (default: by the name of the repository's host).",
    },
    {
      name: "branch",
      type: "string",
      value: "PATTERN",
      multiple: true,
      description: "With add: branches that are built (default: the app's).",
    },
    {
      name: "tag",
      type: "string",
      value: "PATTERN",
      multiple: true,
      description: "With add: tags that are built.",
    },
    {
      name: "path",
      type: "string",
      value: "PATTERN",
      multiple: true,
      description: "With add: only pushes that change such a file are built.",
    },
    {
      name: "ignore",
      type: "string",
      value: "PATTERN",
      multiple: true,
      description: "With add: files whose change does not count.",
    },
    {
      name: "token",
      type: "string",
      value: "TOKEN",
      description:
        "With add and token: of the forge, to set the status of commits; - reads it from standard input.",
    },
    {
      name: "api-url",
      type: "string",
      value: "URL",
      description: "With add and token: the forge's API, where it is not at the usual place.",
    },
    {
      name: "repository",
      type: "string",
      value: "PATH",
      description: "With add and token: the repository in the forge's API, for instance team/shop.",
    },
    {
      name: "output",
      short: "o",
      type: "string",
      value: "FORMAT",
      choices: ["json"],
      description: "Output format of list, add, deliveries and deliveries info.",
    },
  ],
  examples: [
    "nagi webhooks add --app shop --provider github",
    "nagi webhooks add --branch 'release/*' --path 'apps/web/**' --ignore '**/*.md'",
    "nagi webhooks deliveries --app shop",
    "nagi webhooks replay 3f9c2a10be",
    "nagi webhooks token --token - < token.txt",
  ],
  async run(context) {
    const [action = "list", ...words] = context.args;
    const act = actions[action];
    if (act === undefined)
      throw new UsageError(
        `nagi webhooks has no action ${JSON.stringify(action)}`,
        `The actions: ${Object.keys(actions).join(", ")}`,
      );
    return await act(context, words);
  },
};

type Action = (context: CommandContext, words: readonly string[]) => Promise<number | void>;

const actions: Readonly<Record<string, Action>> = {
  list,
  add: addWebhook,
  remove,
  token,
  test,
  deliveries: showDeliveries,
  replay,
};

async function list(context: CommandContext): Promise<void> {
  const hooks = await hooksOf(context);
  if (context.text("output") === "json") return context.terminal.write(listText(hooks, "json"));
  if (hooks.length === 0) return context.terminal.note("The app has no webhooks. Add one: nagi webhooks add");
  const told = await deliveriesOf(context);
  const rows = hooks.map((hook) => {
    const last = told.find(({ spec }) => spec.webhook === hook.metadata.name);
    const { branches = [], tags = [], paths = [], ignorePaths = [] } = hook.spec;
    return [
      idOf(hook),
      hook.spec.provider,
      [...branches, ...tags.map((tag) => `tag ${tag}`)].join(",") || "the app's",
      [...paths, ...ignorePaths.map((path) => `not ${path}`)].join(",") || "all",
      hook.spec.tokenRef === undefined ? "no" : "yes",
      last === undefined
        ? "none yet"
        : `${last.status?.phase ?? "Pending"}, ${ageText(last.metadata.creationTimestamp, Date.now())} ago`,
    ];
  });
  const heading = ["ID", "PROVIDER", "BUILT", "PATHS", "TELLS STATUS", "LAST DELIVERY"];
  context.terminal.print(columns([heading, ...rows]));
}

async function remove(context: CommandContext, [id]: readonly string[]): Promise<void> {
  if (id === undefined)
    throw new UsageError("nagi webhooks remove needs the ID of a webhook", "See: nagi webhooks");
  const hook = await findHook(context, id);
  const client = await context.client();
  await client.delete(webhookKind, refOf(hook));
  context.terminal.print(`Removed webhook ${idOf(hook)}. Remove it at the forge, too.`);
}

async function token(context: CommandContext, [id]: readonly string[]): Promise<void> {
  const hook = await findHook(context, id);
  const value = await tokenOf(context);
  if (value === undefined)
    throw new UsageError(
      "nagi webhooks token needs the token",
      "For instance: nagi webhooks token --token - < FILE",
    );
  if (hook.spec.provider === "generic")
    throw new UsageError("a generic webhook has no API that takes a commit's status");
  const client = await context.client();
  const { namespace } = hook.metadata;
  const { name = "" } = hook.spec.secretRef;
  await client.patch(
    secretKind,
    { namespace, name },
    { type: "merge", body: { stringData: { token: value } } },
  );
  const apiURL = context.text("api-url");
  const repository = context.text("repository");
  const commitStatus = {
    ...(apiURL === undefined ? {} : { apiURL }),
    ...(repository === undefined ? {} : { repository }),
  };
  const spec = {
    tokenRef: { name, key: "token" },
    ...(Object.keys(commitStatus).length === 0 ? {} : { commitStatus }),
  };
  await client.patch(webhookKind, refOf(hook), { type: "merge", body: { spec } });
  context.terminal.print(
    `From the next build on the forge is told the status of commits by webhook ${idOf(hook)}.`,
  );
}

async function test(context: CommandContext, [id]: readonly string[]): Promise<number> {
  const hook = await findHook(context, id);
  const url = await hookUrl(context, hook);
  const { headers, body } = pingRequest(hook.spec.provider, await secretOf(context, hook), randomUUID());
  const signal = AbortSignal.any([context.signal, AbortSignal.timeout(testMaxMs)]);
  const response = await fetch(url, { method: "POST", headers, body, signal }).catch((cause: unknown) => {
    throw new Error(`cannot reach ${url}`, { cause });
  });
  const text = await response.text();
  context.terminal.print(`${url} answers ${response.status}: ${reasonIn(text)}`);
  return response.ok ? 0 : 1;
}

async function secretOf(context: CommandContext, { metadata, spec }: Webhook): Promise<string> {
  const client = await context.client();
  const { name = "", key } = spec.secretRef;
  const { data = {} } = await client.get(secretKind, { namespace: metadata.namespace, name });
  return decodeText(data[key]).trim();
}

async function replay(context: CommandContext, [id]: readonly string[]): Promise<number> {
  if (id === undefined)
    throw new UsageError("nagi webhooks replay needs a delivery", "See: nagi webhooks deliveries");
  const found = await findDelivery(context, id);
  const client = await context.client();
  const { namespace, labels, ownerReferences } = found.metadata;
  const name = `${found.spec.webhook}-${randomUUID().replaceAll("-", "").slice(0, 10)}`;
  const fresh = newObject<WebhookDelivery>(
    webhookDelivery,
    { namespace, name, labels, ownerReferences },
    { spec: { ...found.spec, id: `${found.spec.id}/${name}`, replayOf: found.metadata.name } },
  );
  await client.create(webhookDelivery, fresh);
  const until = (each: WebhookDelivery | undefined): boolean =>
    each === undefined || each.status?.phase !== undefined;
  const limits = { clock: systemClock, timeoutMs: decisionMaxMs, signal: context.signal };
  const decided = await waitFor(client, { kind: webhookDelivery, ref: { namespace, name }, until }, limits);
  const { phase, message, build } = decided?.status ?? {};
  context.terminal.print(`${phase ?? "Gone"}: ${message ?? "the delivery was removed"}`);
  if (build !== undefined) context.terminal.print(`Its log: nagi builds logs ${build} -f`);
  return phase === "Failed" ? 1 : 0;
}
