/** Which app a command means, and what the platform says about itself. */

import type { Client } from "../client/client.ts";
import { app as appKind, type App } from "../model/kinds/nagi/app/app.ts";
import { configMap } from "../model/kinds/core/configmap/configmap.ts";
import { isNotFound } from "../model/status.ts";
import { UsageError, type CommandContext, type Option } from "./command.ts";

export const appOption: Option = {
  name: "app",
  short: "a",
  type: "string",
  value: "NAME",
  description: "The app (default: of the git remote `nagi` in this directory).",
};

/** `http://localhost:8080/shop.git`, `ssh://nagi@localhost:2222/team/shop.git` or `nagi@localhost:team/shop.git`. */
const remoteUrl =
  /^(?:[a-z+]+:\/\/[^/]+\/|[^/:]+:\/?)(?:(?<namespace>[a-z0-9-]+)\/)?(?<name>[a-z0-9-]+)\.git\/?$/;

/** The app of `given`, of `--app`, or of the git remote. */
export async function appName(context: CommandContext, given?: string): Promise<string> {
  const name = await knownAppName(context, given);
  if (name !== undefined) return name;
  throw new UsageError(
    `nagi does not know which app is meant: no --app, and this directory has no git remote "nagi"`,
    "Name it: --app NAME. The apps there are: nagi apps",
  );
}

/** Undefined when nothing says which app is meant. The namespace is that of the git remote's app, if that is meant. */
export async function knownAppName(context: CommandContext, given?: string): Promise<string | undefined> {
  const option = context.text("app");
  if (given !== undefined && given !== option && context.isGiven("app"))
    throw new UsageError(`--app names ${option}, but ${given} is named too`, "Name one app only.");
  const named = given ?? option;
  if (named !== undefined) return named;
  const url = await context.host.capture("git", ["-C", context.host.cwd, "remote", "get-url", "nagi"]);
  const { namespace = "default", name } = remoteUrl.exec(url?.trim() ?? "")?.groups ?? {};
  if (name !== undefined) context.useNamespace(namespace);
  return name;
}

export async function getApp(context: CommandContext, given?: string): Promise<App> {
  const name = await appName(context, given);
  const client = await context.client();
  const namespace = await context.namespace();
  try {
    return await client.get(appKind, { namespace, name });
  } catch (error) {
    if (isNotFound(error))
      throw new UsageError(
        `there is no app ${name} in namespace ${namespace}`,
        "The apps there are: nagi apps",
      );
    throw error;
  }
}

export interface PlatformInfo {
  /** For instance http://localhost:8080. */
  readonly httpUrl: string;
  /** For instance https://localhost:8443; undefined where the router speaks no TLS. */
  readonly httpsUrl?: string | undefined;
  /** PEM of the authority that vouches for hosts without a certificate of their own. */
  readonly localCa?: string | undefined;
  readonly domain: string;
  readonly registry: string;
  readonly version: string;
  /** For instance ssh://nagi@localhost:2222; undefined where git is not served over SSH. */
  readonly sshUrl?: string | undefined;
  /** The key of the SSH server: `ssh-ed25519 AAAA...`. */
  readonly sshHostKey?: string | undefined;
}

/** The platform publishes this in the ConfigMap nagi-system/nagi-platform. */
export async function platformInfo(client: Client): Promise<PlatformInfo> {
  const { data = {} } = await client.get(configMap, { namespace: "nagi-system", name: "nagi-platform" });
  return {
    httpUrl: data["httpUrl"] ?? "",
    httpsUrl: data["httpsUrl"],
    localCa: data["localCa"],
    domain: data["domain"] ?? "",
    registry: data["registry"] ?? "",
    version: data["version"] ?? "",
    sshUrl: data["sshUrl"],
    sshHostKey: data["sshHostKey"],
  };
}

export function gitUrl(info: PlatformInfo, namespace: string, name: string): string {
  return `${info.httpUrl}/${repositoryPath(namespace, name)}`;
}

/** Undefined where git is not served over SSH. */
export function gitSshUrl(info: PlatformInfo, namespace: string, name: string): string | undefined {
  return info.sshUrl === undefined ? undefined : `${info.sshUrl}/${repositoryPath(namespace, name)}`;
}

function repositoryPath(namespace: string, name: string): string {
  return `${namespace === "default" ? "" : `${namespace}/`}${name}.git`;
}
