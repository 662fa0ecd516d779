/** `nagi certs auto --acme`: certificates of an ACME authority, such as Let's Encrypt. */

import { timestamp } from "../../lib/timestamp.ts";
import { findCondition } from "../../model/conditions.ts";
import type { App } from "../../model/kinds/nagi/app/app.ts";
import { secret as secretKind } from "../../model/kinds/core/secret/secret.ts";
import {
  acmeAnnotation,
  acmeCustomerAnnotation,
  acmeEmailAnnotation,
  acmeHookAnnotation,
  acmeRequestedAnnotation,
  acmeServerAnnotation,
  certificateType,
  checkAcmeEmail,
  checkAcmeHook,
  checkAcmeServer,
  letsEncrypt,
} from "../../model/kinds/route/route/acme.ts";
import { route, type Route } from "../../model/kinds/route/route/route.ts";
import type { Condition } from "../../model/meta.ts";
import { isNotFound } from "../../model/status.ts";
import { platformInfo } from "../app.ts";
import { UsageError, type CommandContext, type Option } from "../command.ts";
import { domainOf } from "../domains/domain-routes.ts";
import { pause, pollMs } from "../wait.ts";
import { externalAccountOptions } from "./external-account.ts";
import { decodeText } from "../../lib/base64.ts";

/** What takes longer goes on without the command. */
const issuedWaitMs = 90_000;

export const acmeOptions: readonly Option[] = [
  {
    name: "acme",
    type: "boolean",
    description:
      "Of auto: of an ACME authority, Let's Encrypt unless --server says another; you agree to its terms.",
  },
  { name: "server", type: "string", value: "URL", description: "With --acme: the authority's directory." },
  {
    name: "email",
    type: "string",
    value: "ADDRESS",
    description: "With --acme: whom the authority may write to.",
  },
  {
    name: "dns-hook",
    type: "string",
    value: "NAME",
    description:
      "With --acme: prove the domain by DNS, with the operator's program of that name. Wildcards need it.",
  },
  ...externalAccountOptions,
];

/** What annotations of the routes become: those of an ACME authority, or none of them. */
export function acmeAnnotations(
  context: CommandContext,
  routes: readonly Route[],
): Record<string, string | null> {
  const [server, email, hook] = [context.text("server"), context.text("email"), context.text("dns-hook")];
  if (!context.flag("acme")) {
    if ((server ?? email ?? hook) !== undefined)
      throw new UsageError(
        "--server, --email and --dns-hook are for certificates of an ACME authority",
        "Add --acme",
      );
    return withoutAcme;
  }
  const checks = [
    ["server", server, checkAcmeServer],
    ["email", email, checkAcmeEmail],
    ["dns-hook", hook, checkAcmeHook],
  ] as const;
  for (const [name, value, check] of checks) {
    const problem = value === undefined ? undefined : check(value);
    if (problem !== undefined) throw new UsageError(`--${name} is ${JSON.stringify(value)}: ${problem}`);
  }
  const wildcard = routes.find(({ spec }) => spec.wildcardPolicy === "Subdomain");
  if (wildcard !== undefined && hook === undefined)
    throw new UsageError(
      `${domainOf(wildcard)}: an ACME authority gives wildcards only to who proves the domain by DNS`,
      "Add --dns-hook NAME: see the guide on HTTPS",
    );
  const unknown = routes.map(hostOf).find(isPrivate);
  if (server === undefined && unknown !== undefined)
    throw new UsageError(
      `${unknown}: Let's Encrypt gives certificates for names of the public DNS only`,
      "For the platform's own authority leave --acme out, or name another authority with --server",
    );
  return {
    [acmeAnnotation]: "true",
    [acmeServerAnnotation]: server ?? null,
    [acmeEmailAnnotation]: email ?? null,
    [acmeHookAnnotation]: hook ?? null,
    [acmeCustomerAnnotation]: null,
    [acmeRequestedAnnotation]: timestamp(Date.now()),
  };
}

export const withoutAcme: Record<string, string | null> = {
  [acmeAnnotation]: null,
  [acmeServerAnnotation]: null,
  [acmeEmailAnnotation]: null,
  [acmeHookAnnotation]: null,
  [acmeCustomerAnnotation]: null,
  [acmeRequestedAnnotation]: null,
};

const privateEnds = ["localhost", "local", "test", "internal", "invalid", "example", "lan", "home.arpa"];

function isPrivate(host: string): boolean {
  return !host.includes(".") || privateEnds.some((end) => host.endsWith(`.${end}`));
}

function hostOf(each: Route): string {
  return domainOf(each).split("/")[0] ?? "";
}

/** Of the Secret in which a route's certificate is kept. */
export function acmeSecretName({ metadata }: Route): string {
  return `${metadata.name ?? ""}-acme`;
}

export function certificateCondition({ status }: Route): Condition | undefined {
  return (status?.ingress ?? [])
    .map(({ conditions }) => findCondition(conditions, certificateType))
    .find((each) => each !== undefined);
}

/** Waits until the authority has decided of each, and says what; 1 when one has no certificate. */
export async function awaitAcme(
  context: CommandContext,
  found: App,
  meant: readonly Route[],
): Promise<number> {
  const { terminal } = context;
  const client = await context.client();
  const { httpUrl } = await platformInfo(client);
  const port = new URL(httpUrl).port;
  if (port !== "" && context.text("dns-hook") === undefined)
    terminal.note(`The authority asks on port 80: it must lead to port ${port} of this machine.`);
  const deadline = Date.now() + issuedWaitMs;
  let code = 0;
  for (const each of meant) {
    const told = await decided(context, each, deadline);
    terminal.progressDone();
    const domain = domainOf(each);
    if (told?.reason === "Issued") {
      terminal.print(`https://${domain} has a certificate ${told.message ?? ""}`);
      continue;
    }
    code = 1;
    terminal.print(`${domain} has no certificate yet: ${told?.message ?? "the authority has not decided"}`);
    terminal.note(
      `Until then the platform's own is shown; it is tried again by itself. See: nagi certs info ${domain} --app ${found.metadata.name}`,
    );
  }
  return code;
}

/** What the route says of its certificate once it has been decided; undefined when that takes too long. */
async function decided(
  context: CommandContext,
  each: Route,
  deadline: number,
): Promise<Condition | undefined> {
  const client = await context.client();
  const ref = { namespace: each.metadata.namespace, name: each.metadata.name ?? "" };
  context.terminal.progress(`Waiting for the authority's word on ${domainOf(each)}`);
  while (Date.now() < deadline) {
    const now = await client.get(route, ref);
    const condition = certificateCondition(now);
    // What was said before this was asked for does not count.
    const isTold = condition !== undefined && condition.reason !== "Ordering" && isAbout(now, condition);
    if (isTold) return condition;
    await pause(pollMs, context.signal);
  }
  return undefined;
}

/** The condition says when what it answers to was asked for. */
function isAbout({ metadata }: Route, { lastUpdateTime }: Condition): boolean {
  return lastUpdateTime === metadata.annotations?.[acmeRequestedAnnotation];
}

/** PEM of the certificate in a route's Secret; undefined when there is none. */
export async function secretCertificate(
  context: CommandContext,
  { metadata, spec }: Route,
): Promise<string | undefined> {
  const name = spec.tls?.externalCertificate?.name;
  if (name === undefined) return undefined;
  const client = await context.client();
  try {
    const { data = {} } = await client.get(secretKind, { namespace: metadata.namespace, name });
    return decodeText(data["tls.crt"]);
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
}

export function authorityOf({ metadata }: Route): string | undefined {
  if (metadata.annotations?.[acmeAnnotation] !== "true") return undefined;
  return new URL(metadata.annotations[acmeServerAnnotation] ?? letsEncrypt).hostname;
}
