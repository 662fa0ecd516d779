import { appOption, getApp, platformInfo } from "../app.ts";
import {
  addCertificate,
  hostOf,
  makeCertificates,
  named,
  policyWords,
  removeTls,
} from "../certs/change-certs.ts";
import { acmeOptions, authorityOf, certificateCondition, secretCertificate } from "../certs/acme-certs.ts";
import { certificateLines, shownTls } from "../certs/certificate-text.ts";
import { UsageError, type Command, type CommandContext } from "../command.ts";
import { domainOf, routesOf } from "../domains/domain-routes.ts";
import { columns } from "../format.ts";
import type { App } from "../../model/kinds/nagi/app/app.ts";

const actions = ["list", "auto", "add", "info", "remove", "trust"] as const;

export const command: Command = {
  name: "certs",
  group: "Apps",
  summary: "Serve an app over HTTPS: with certificates that the platform makes, or with your own.",
  usage: "[list | auto [DOMAIN] [--acme] | add CERT KEY [DOMAIN] | info DOMAIN | remove [DOMAIN] | trust]",
  description:
    "auto gives the app's domains certificates of the platform's local authority, or with --acme of Let's Encrypt or another\n" +
    "ACME authority, and renews them. trust prints the local authority's certificate and says how to trust it.\n" +
    " add takes files in PEM, and looks whether key, chain, names and dates fit.",
  subcommands: actions,
  options: [
    appOption,
    {
      name: "http",
      type: "string",
      value: "HOW",
      choices: policyWords,
      description: "What becomes of requests over HTTP: redirect (default), allow or refuse.",
    },
    {
      name: "chain",
      type: "string",
      value: "FILE",
      description: "Of add: who issued the certificate, and so on.",
    },
    {
      name: "confirm",
      type: "string",
      value: "APP",
      description: "Of remove, without a domain: the app's name, when several domains have HTTPS.",
    },
    ...acmeOptions,
  ],
  examples: [
    "nagi certs auto --app shop",
    "nagi certs auto shop.example.com --acme --email ops@example.com",
    "nagi certs add shop.crt shop.key --chain ca.crt",
    "nagi certs",
    "nagi certs trust > nagi-ca.crt",
  ],
  async run(context) {
    const [action = "list", ...rest] = context.args;
    if (!(actions as readonly string[]).includes(action))
      throw new UsageError(
        `nagi certs has no action ${JSON.stringify(action)}`,
        `The actions: ${actions.join(", ")}`,
      );
    if (action === "trust") return await trust(context);
    const found = await getApp(context);
    if (action === "add") return await addCertificate(context, found, rest);
    if (action === "auto") return await makeCertificates(context, found, rest[0]);
    if (action === "remove") return await removeTls(context, found, rest[0]);
    if (action === "info") return await info(context, found, rest[0]);
    return await list(context, found);
  },
};

async function list(context: CommandContext, found: App): Promise<void> {
  const routes = await routesOf(context, found);
  const held = await Promise.all(routes.map((each) => secretCertificate(context, each)));
  const rows = routes.map((each, index) => {
    const domain = domainOf(each);
    const { source, expires, problem } = shownTls(each, domain, held[index], Date.now());
    const http =
      each.spec.tls === undefined
        ? "allow"
        : (policyWord(each.spec.tls.insecureEdgeTerminationPolicy) ?? "refuse");
    return [domain, source, expires, http, problem];
  });
  context.terminal.print(columns([["DOMAIN", "CERTIFICATE", "EXPIRES", "HTTP", "PROBLEM"], ...rows]));
}

function policyWord(policy: string | undefined): string | undefined {
  return policyWords.find((word) => word === policy?.toLowerCase());
}

async function info(context: CommandContext, found: App, domain: string | undefined): Promise<void> {
  if (domain === undefined) throw new UsageError("nagi certs info needs a domain", "The domains: nagi certs");
  const one = named(await routesOf(context, found), domain, found);
  const { caCertificate = "" } = one.spec.tls ?? {};
  const certificate = (await secretCertificate(context, one)) ?? one.spec.tls?.certificate ?? "";
  const { message } = certificateCondition(one) ?? {};
  const authority = authorityOf(one);
  const kept = authority === undefined ? [] : [["Kept by:", `${authority}: ${message ?? "not asked yet"}`]];
  if (certificate === "" && kept.length === 0)
    throw new UsageError(
      `${domain} has no certificate of its own`,
      one.spec.tls === undefined
        ? "Give it one: nagi certs auto, or nagi certs add"
        : "The platform makes it",
    );
  const lines = certificateLines(`${certificate}\n${caCertificate}`, hostOf(one), Date.now());
  context.terminal.print(columns([...lines, ...kept]));
}

/** The certificate to standard output, the words beside it: the output can go into a file. */
async function trust(context: CommandContext): Promise<void> {
  const { localCa } = await platformInfo(await context.client());
  if (localCa === undefined)
    throw new UsageError("this platform has no local authority", "Start it anew: nagi up");
  context.terminal.write(localCa.trimEnd().concat("\n"));
  context.terminal.note("Whoever trusts this authority trusts every certificate that this platform makes.");
  context.terminal.note(
    "curl:            nagi certs trust > nagi-ca.crt; curl --cacert nagi-ca.crt https://...",
  );
  context.terminal.note(
    "Debian, Ubuntu:  nagi certs trust | sudo tee /usr/local/share/ca-certificates/nagi.crt",
  );
  context.terminal.note("                 sudo update-ca-certificates");
  context.terminal.note("Firefox:         Settings, Certificates, Authorities, Import");
}
