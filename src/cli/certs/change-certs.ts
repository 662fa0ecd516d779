/** Gives routes of an app TLS, with a certificate of the user's or one that the platform makes, or takes it away. */

import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import {
  certificateProblem,
  certificatesIn,
  misfit,
  namesOf,
} from "../../lib/certificates/certificate-check.ts";
import { messageOf } from "../../lib/errors.ts";
import type { App } from "../../model/kinds/nagi/app/app.ts";
import { acmeCustomerAnnotation } from "../../model/kinds/route/route/acme.ts";
import { isPassthrough } from "../../model/kinds/route/route/passthrough.ts";
import { route, type Route } from "../../model/kinds/route/route/route.ts";
import type { JsonValue } from "../../model/schema.ts";
import { platformInfo } from "../app.ts";
import { UsageError, type CommandContext } from "../command.ts";
import { acmeAnnotations, acmeSecretName, awaitAcme, withoutAcme } from "./acme-certs.ts";
import { keepExternalAccount } from "./external-account.ts";
import { domainOf, routeOfDomain, routesOf } from "../domains/domain-routes.ts";

const policies = { redirect: "Redirect", allow: "Allow", refuse: "None" } as const;

export const policyWords = Object.keys(policies);

/** `nagi certs add CERT KEY`: to every domain that the certificate is for, or to the one that is named. */
export async function addCertificate(
  context: CommandContext,
  found: App,
  args: readonly string[],
): Promise<void> {
  const [certificateFile, keyFile, domain] = args;
  if (certificateFile === undefined || keyFile === undefined)
    throw new UsageError("nagi certs add needs the file of a certificate and the file of its key");
  const chainFile = context.text("chain");
  const certificate = await read(context, certificateFile);
  const key = await read(context, keyFile);
  const chain = chainFile === undefined ? undefined : await read(context, chainFile);
  const problem = certificateProblem({ certificate, key, chain });
  const files = { certificate: certificateFile, key: keyFile, chain: chainFile };
  if (problem !== undefined) throw new UsageError(`${files[problem.part]}: ${problem.message}`);
  const [own] = certificatesIn(certificate);
  if (own === undefined) throw new UsageError(`${certificateFile}: holds no certificate`);
  const all = await routesOf(context, found);
  const isFor = (each: Route): boolean => misfit(own, hostOf(each), Date.now()) === undefined;
  const meant = domain === undefined ? all.filter(isFor) : [named(all, domain, found)];
  const [first] = domain === undefined ? all : meant;
  const wrong = first === undefined ? undefined : misfit(own, hostOf(first), Date.now());
  if (meant.length === 0 || (domain !== undefined && wrong !== undefined))
    throw new UsageError(
      `${certificateFile}: the certificate ${wrong ?? `is for ${namesOf(own)}`}`,
      `The app's domains: ${all.map(domainOf).join(", ")}`,
    );
  for (const each of meant)
    await setTls(context, each, {
      ...policyOf(context, each),
      certificate,
      key,
      caCertificate: chain ?? null,
      externalCertificate: null,
    });
  await tell(context, meant, "shows your certificate");
}

/**
 * `nagi certs auto`: with certificates that the platform makes, or that an ACME authority gives it. A certificate that
 * the user gave is replaced only where its domain is named.
 */
export async function makeCertificates(
  context: CommandContext,
  found: App,
  domain: string | undefined,
): Promise<number> {
  const all = await routesOf(context, found);
  const meant = domain === undefined ? all.filter((each) => !isOfTheUser(each)) : [named(all, domain, found)];
  const left = domain === undefined ? all.filter(isOfTheUser).map(domainOf) : [];
  if (meant.length === 0 && left.length > 0)
    throw new UsageError(
      `every domain of ${found.metadata.name} has a certificate of its own: ${left.join(", ")}`,
      `To replace one: nagi certs auto ${left[0]} --app ${found.metadata.name}`,
    );
  const asked = acmeAnnotations(context, meant);
  const account = await keepExternalAccount(context, found);
  const annotations = account === undefined ? asked : { ...asked, [acmeCustomerAnnotation]: account };
  const isAcme = context.flag("acme");
  for (const each of meant) {
    const tls = {
      ...policyOf(context, each),
      certificate: null,
      key: null,
      caCertificate: null,
      externalCertificate: isAcme ? { name: acmeSecretName(each) } : null,
    };
    await setTls(context, each, tls, annotations);
  }
  if (left.length > 0)
    context.terminal.note(
      `Left as it is, with a certificate of its own: ${left.join(", ")}. To replace it, name the domain.`,
    );
  if (isAcme) return await awaitAcme(context, found, meant);
  await tell(context, meant, "has a certificate of the local authority");
  context.terminal.note("How to trust it: nagi certs trust");
  return 0;
}

export async function removeTls(
  context: CommandContext,
  found: App,
  domain: string | undefined,
): Promise<void> {
  const all = await routesOf(context, found);
  const meant = domain === undefined ? all : [named(all, domain, found)];
  const losing = meant.filter(({ spec }) => spec.tls !== undefined).map(domainOf);
  const { name } = found.metadata;
  if (domain === undefined && losing.length > 1 && context.text("confirm") !== name)
    throw new UsageError(
      `this takes HTTPS away from ${losing.length} domains of ${name}: ${losing.join(", ")}`,
      `If that is meant: nagi certs remove --app ${name} --confirm ${name}. Of one: nagi certs remove DOMAIN --app ${name}`,
    );
  const client = await context.client();
  for (const { metadata } of meant) {
    const ref = { namespace: metadata.namespace, name: metadata.name ?? "" };
    const body = { metadata: { annotations: withoutAcme }, spec: { tls: null } };
    await client.patch(route, ref, { type: "merge", body });
  }
  for (const each of meant) context.terminal.print(`${domainOf(each)} answers over HTTP only`);
}

/** What nobody but the user can bring back. */
function isOfTheUser(each: Route): boolean {
  return isPassthrough(each) || (each.spec.tls?.certificate ?? "") !== "";
}

export function named(all: readonly Route[], domain: string, { metadata }: App): Route {
  const one = routeOfDomain(all, domain);
  if (one !== undefined) return one;
  throw new UsageError(
    `app ${metadata.name} has no domain ${domain}`,
    `It has: ${all.map(domainOf).join(", ") || "none"}`,
  );
}

export function hostOf(each: Route): string {
  return domainOf(each).split("/")[0] ?? "";
}

function policyOf(context: CommandContext, { spec: { tls } }: Route): Readonly<Record<string, JsonValue>> {
  const word = context.text("http") as keyof typeof policies | undefined;
  const present = tls?.insecureEdgeTerminationPolicy ?? "";
  const kept = present === "" ? policies.redirect : present;
  const termination = tls?.termination === "reencrypt" ? "reencrypt" : "edge";
  return { termination, insecureEdgeTerminationPolicy: word === undefined ? kept : policies[word] };
}

async function setTls(
  context: CommandContext,
  { metadata }: Route,
  tls: Readonly<Record<string, JsonValue>>,
  annotations: Readonly<Record<string, string | null>> = withoutAcme,
): Promise<void> {
  const client = await context.client();
  const ref = { namespace: metadata.namespace, name: metadata.name ?? "" };
  const body = { metadata: { annotations: { ...annotations } }, spec: { tls: { ...tls } } };
  await client.patch(route, ref, { type: "merge", body });
}

/** A new domain of an app over HTTPS answers over HTTPS too; false when the app does not. */
export async function followTls(
  context: CommandContext,
  own: Route | undefined,
  made: Route,
): Promise<boolean> {
  if (own?.spec.tls?.termination !== "edge" || made.spec.tls !== undefined) return false;
  const { insecureEdgeTerminationPolicy = "None" } = own.spec.tls;
  await setTls(context, made, { termination: "edge", insecureEdgeTerminationPolicy });
  return true;
}

async function tell(context: CommandContext, meant: readonly Route[], what: string): Promise<void> {
  const { httpsUrl = "" } = await platformInfo(await context.client());
  const port = httpsUrl === "" ? "" : new URL(httpsUrl).port;
  for (const each of meant) {
    const [host = "", ...path] = domainOf(each).split("/");
    const shown = [`${host}${port === "" ? "" : `:${port}`}`, ...path].join("/");
    context.terminal.print(`https://${shown} ${what}`);
  }
}

async function read(context: CommandContext, file: string): Promise<string> {
  try {
    return await readFile(resolve(context.host.cwd, file), "utf8");
  } catch (error) {
    throw new UsageError(`cannot read ${file}: ${messageOf(error)}`);
  }
}
