import { mkdirSync, readFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { encodeText } from "../../lib/base64.ts";
import { HttpsClient } from "../../client/https-client.ts";
import { writeKubeconfig } from "../../client/kubeconfig.ts";
import { singleKubeconfig } from "../../client/single-kubeconfig.ts";
import { systemClock } from "../../lib/clock.ts";
import { newObject } from "../../model/kind.ts";
import { selfSubjectReview } from "../../model/kinds/authentication/selfsubjectreview/selfsubjectreview.ts";
import { UsageError, type Command } from "../command.ts";
import { loginFile } from "../connect.ts";

export const command: Command = {
  name: "login",
  group: "Platform",
  summary: "Use a platform that runs elsewhere, or as somebody else.",
  usage: "SERVER --token TOKEN [--ca FILE]",
  description:
    "Writes a kubeconfig that later commands use. The token may also come from NAGI_TOKEN or, with --token -, from\n" +
    "standard input.",
  options: [
    {
      name: "token",
      type: "string",
      value: "TOKEN",
      description: "API token; - reads it from standard input.",
    },
    {
      name: "ca",
      type: "string",
      value: "FILE",
      description: "Certificate authority of the server, in PEM.",
    },
    { name: "insecure", type: "boolean", description: "Do not check the server's certificate." },
  ],
  examples: ["nagi login https://127.0.0.1:6443 --token - --ca ca.pem"],
  async run(context) {
    const server = checkedServer(context.args[0]);
    const given = context.text("token");
    const token = (given === "-" ? await context.terminal.readInput() : given)?.trim();
    if (token === undefined || token === "")
      throw new UsageError(
        "nagi login needs --token",
        "The platform's administrator has one: nagi kubeconfig --show",
      );
    const caFile = context.text("ca");
    const ca = caFile === undefined ? undefined : readFileSync(resolve(context.host.cwd, caFile), "utf8");
    const namespace = context.text("namespace") ?? "default";
    const insecureSkipTlsVerify = context.flag("insecure");
    const client = new HttpsClient({
      connection: { server, token, ca, insecureSkipTlsVerify, namespace },
      clock: systemClock,
    });
    const { status } = await client.create(selfSubjectReview, newObject(selfSubjectReview, {}, {}));
    const file = loginFile(context.host);
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
    const cluster = {
      server,
      ...(ca === undefined ? {} : { "certificate-authority-data": encodeText(ca) }),
      ...(insecureSkipTlsVerify ? { "insecure-skip-tls-verify": true } : {}),
    };
    await writeKubeconfig(file, singleKubeconfig({ name: "nagi", cluster, token, namespace }));
    context.terminal.print(
      `Logged in to ${server} as ${status?.userInfo?.username ?? "somebody"}. Kept in ${file}`,
    );
  },
};

function checkedServer(word: string | undefined): string {
  if (word === undefined)
    throw new UsageError(
      "nagi login needs the address of the server",
      "For instance: nagi login https://127.0.0.1:6443 --token -",
    );
  const url = URL.parse(word.includes("://") ? word : `https://${word}`);
  if (url?.protocol === "https:") return url.origin;
  throw new UsageError(
    `${JSON.stringify(word)} is not an https address`,
    "For instance: https://127.0.0.1:6443",
  );
}
