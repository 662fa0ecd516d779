/** Makes a webhook with its Secret, and says where to paste what. */

import { appLabel } from "../../model/kinds/nagi/app/app-names.ts";
import { randomBytes } from "node:crypto";
import { parseGitUrl } from "../../lib/git/git-url.ts";
import { providerNames, type ProviderName } from "../../lib/webhooks/providers.ts";
import { newObject } from "../../model/kind.ts";
import { secret as secretKind, type Secret } from "../../model/kinds/core/secret/secret.ts";
import type { App } from "../../model/kinds/nagi/app/app.ts";
import {
  webhook as webhookKind,
  type Webhook,
  type WebhookSpec,
} from "../../model/kinds/nagi/webhook/webhook.ts";
import { controllerRef } from "../../model/meta.ts";
import { getApp, platformInfo } from "../app.ts";
import { UsageError, type CommandContext } from "../command.ts";

const idBytes = 8;
const secretBytes = 32;

export async function addWebhook(context: CommandContext): Promise<void> {
  const found = await getApp(context);
  if (found.spec?.source?.git === undefined)
    throw new UsageError(
      `app ${found.metadata.name} is not built from a repository elsewhere`,
      `Name it first: nagi source --app ${found.metadata.name} --git URL`,
    );
  const provider = providerOf(context, found);
  const token = await tokenOf(context);
  if (token !== undefined && provider === "generic")
    throw new UsageError(
      "--token belongs to a forge: a generic webhook has no API that takes a commit's status",
    );
  const { namespace, name: app = "" } = found.metadata;
  const name = `${app}-${randomBytes(idBytes).toString("hex")}`;
  const secret = randomBytes(secretBytes).toString("hex");
  const client = await context.client();
  const hook = await client.create(
    webhookKind,
    newObject<Webhook>(
      webhookKind,
      { namespace, name, labels: { [appLabel]: app }, ownerReferences: [controllerRef(found)] },
      { spec: specOf(context, { app, provider, name, hasToken: token !== undefined }) },
    ),
  );
  const metadata = { namespace, name: secretName(name), ownerReferences: [controllerRef(hook)] };
  const stringData = { secret, ...(token === undefined ? {} : { token }) };
  await client.create(
    secretKind,
    newObject<Secret>(secretKind, metadata, { type: "nagi.dev/webhook", stringData }),
  );
  const url = await hookUrl(context, hook);
  if (context.text("output") === "json")
    return context.terminal.print(JSON.stringify({ name, provider, url, secret }, null, 2));
  tell(context, hook, { url, secret });
}

interface Named {
  readonly app: string;
  readonly provider: ProviderName;
  readonly name: string;
  readonly hasToken: boolean;
}

function specOf(context: CommandContext, { app, provider, name, hasToken }: Named): WebhookSpec {
  const list = (option: string): string[] | undefined => {
    const given = context.texts(option);
    return given.length === 0 ? undefined : [...given];
  };
  const apiURL = context.text("api-url");
  const repository = context.text("repository");
  return {
    app,
    provider,
    secretRef: { name: secretName(name), key: "secret" },
    tokenRef: hasToken ? { name: secretName(name), key: "token" } : undefined,
    branches: list("branch"),
    tags: list("tag"),
    paths: list("path"),
    ignorePaths: list("ignore"),
    commitStatus: apiURL === undefined && repository === undefined ? undefined : { apiURL, repository },
  };
}

function secretName(hook: string): string {
  return `${hook}-webhook`;
}

function providerOf(context: CommandContext, { spec = {} }: App): ProviderName {
  const given = providerNames.find((name) => name === context.text("provider"));
  if (given !== undefined) return given;
  const host = parseGitUrl(spec.source?.git?.uri ?? "")?.host ?? "";
  const guessed = hosts.find(([pattern]) => pattern.test(host))?.[1];
  if (guessed !== undefined) return guessed;
  throw new UsageError(
    `which forge ${host} is cannot be seen from its name`,
    `Name it: --provider ${providerNames.join("|")}`,
  );
}

const hosts: readonly (readonly [pattern: RegExp, provider: ProviderName])[] = [
  [/^github\./, "github"],
  [/^gitlab\./, "gitlab"],
  [/^bitbucket\.org/, "bitbucket"],
  [/^(gitea\.|codeberg\.org|forgejo\.)/, "gitea"],
];

export async function tokenOf(context: CommandContext): Promise<string | undefined> {
  const given = context.text("token");
  const token = given === "-" ? (await context.terminal.readInput()).trim() : given;
  if (token === "") throw new UsageError(given === "-" ? "standard input is empty" : "--token is empty");
  return token;
}

export async function hookUrl(context: CommandContext, { metadata, spec }: Webhook): Promise<string> {
  const { httpUrl } = await platformInfo(await context.client());
  const id = (metadata.name ?? "").slice(spec.app.length + 1);
  return `${httpUrl}/-/hooks/${metadata.namespace}/${spec.app}/${id}`;
}

interface Told {
  readonly url: string;
  readonly secret: string;
}

function tell({ terminal }: CommandContext, { metadata, spec }: Webhook, told: Told): void {
  terminal.print(`Added webhook ${(metadata.name ?? "").slice(spec.app.length + 1)} to app ${spec.app}.`);
  for (const line of places[spec.provider](told)) terminal.print(line);
  terminal.print("The secret is not shown again. Whether it works: nagi webhooks test");
  if (/^https?:\/\/(localhost|127\.)/.test(told.url))
    terminal.note(
      "The address is one of this machine only: give the forge one that leads here, with the same path behind it.",
    );
}

const places: Readonly<Record<ProviderName, (told: Told) => string[]>> = {
  github: ({ url, secret }) => [
    "In the repository at GitHub, Settings > Webhooks > Add webhook:",
    `  Payload URL:   ${url}`,
    "  Content type:  application/json",
    `  Secret:        ${secret}`,
    "  Events:        Just the push event",
  ],
  gitlab: ({ url, secret }) => [
    "In the project at GitLab, Settings > Webhooks > Add new webhook:",
    `  URL:           ${url}`,
    `  Secret token:  ${secret}`,
    "  Trigger:       Push events, and Tag push events where tags are built",
  ],
  gitea: ({ url, secret }) => [
    "In the repository at Gitea or Forgejo, Settings > Webhooks > Add webhook > Gitea or Forgejo:",
    `  Target URL:    ${url}`,
    "  HTTP method:   POST, with content type application/json",
    `  Secret:        ${secret}`,
    "  Trigger on:    Push events",
  ],
  bitbucket: ({ url, secret }) => [
    "In the repository at Bitbucket, Repository settings > Webhooks > Add webhook:",
    `  URL:           ${url}`,
    `  Secret:        ${secret}`,
    "  Triggers:      Repository push",
  ],
  generic: ({ url, secret }) => [
    "A POST with the secret starts a build:",
    `  curl -X POST -H "X-Nagi-Token: ${secret}" ${url}`,
    'What is built can be said: -H "Content-Type: application/json" -d \'{"git": {"ref": "main", "commit": "HASH"}}\'',
  ],
};
