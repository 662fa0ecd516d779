/** Which API a command talks to, and as whom. */

import { existsSync } from "node:fs";
import { join } from "node:path";
import type { Client } from "../client/client.ts";
import type { ChannelRequest, Channels } from "../client/channels.ts";
import { connectionOf } from "../client/connection.ts";
import { HttpsClient } from "../client/https-client.ts";
import { loadKubeconfig } from "../client/kubeconfig.ts";
import { systemClock } from "../lib/clock.ts";
import { UsageError, type CommandContext, type Host } from "./command.ts";

export interface Connection {
  readonly client: Client;
  /** Opens a session with a pod. */
  readonly channels: (request: ChannelRequest) => Promise<Channels>;
  readonly namespace: string;
  /** The kubeconfig that was used. */
  readonly file: string;
}

interface ConnectOptions {
  readonly host: Host;
  readonly kubeconfig: string | undefined;
  readonly context: string | undefined;
  readonly dataDir: string | undefined;
}

/** Where `nagi login` writes to. */
export function loginFile(host: Host): string {
  return join(host.env["XDG_CONFIG_HOME"] ?? join(host.home, ".config"), "nagi", "kubeconfig");
}

/**
 * In this order: the flag, the platform of a data directory that was named, the last login, the platform of the
 * default data directory, and kubectl's own configuration.
 */
export function kubeconfigFile({ host, kubeconfig, dataDir }: Omit<ConnectOptions, "context">): string {
  if (kubeconfig !== undefined) return kubeconfig;
  const ofPlatform = join(host.dataDir(dataDir), "kubeconfig");
  if (dataDir !== undefined) {
    if (existsSync(ofPlatform)) return ofPlatform;
    throw new UsageError(
      `no platform keeps its data in ${host.dataDir(dataDir)}`,
      "Start it: nagi up --data-dir DIR",
    );
  }
  const kubectls = host.env["KUBECONFIG"] ?? join(host.home, ".kube", "config");
  const found = [loginFile(host), ofPlatform, kubectls].find((file) => existsSync(file));
  if (found !== undefined) return found;
  throw new UsageError(
    "no platform is known here",
    "Start one on this machine: nagi up --detach. Or use one that runs elsewhere: nagi login SERVER --token TOKEN",
  );
}

export async function connect(options: ConnectOptions): Promise<Connection> {
  const file = kubeconfigFile(options);
  const connection = await connectionOf(await loadKubeconfig([file]), options.context);
  return {
    client: new HttpsClient({ connection, clock: systemClock }),
    channels: async (request) => {
      const { openChannels } = await import("../client/channels.ts");
      return await openChannels(connection, request);
    },
    namespace: connection.namespace,
    file,
  };
}

/** Of the API that the command talks to, for instance https://127.0.0.1:6443. */
export async function apiUrl(context: CommandContext): Promise<string> {
  return (await settings(context)).server.replace(/\/+$/, "");
}

/** The bearer token that the command's connection uses. */
export async function connectionToken(context: CommandContext): Promise<string> {
  const { token } = await settings(context);
  if (token !== undefined) return token;
  throw new UsageError("the kubeconfig has no token, which git and the sources endpoint need");
}

async function settings(context: CommandContext): ReturnType<typeof connectionOf> {
  const options = {
    host: context.host,
    kubeconfig: context.text("kubeconfig"),
    dataDir: context.text("data-dir"),
  };
  const config = await loadKubeconfig([kubeconfigFile(options)]);
  return await connectionOf(config, context.text("context"));
}
