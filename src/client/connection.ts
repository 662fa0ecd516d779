/** Where an API is and how one proves who one is: what a kubeconfig says of one context. */

import { readFile } from "node:fs/promises";
import { decodeText } from "../lib/base64.ts";
import { messageOf } from "../lib/errors.ts";
import type { KubeCluster, Kubeconfig, KubeUser } from "./kubeconfig.ts";

export interface Connection {
  /** For instance `https://127.0.0.1:6443`; a path is kept. */
  readonly server: string;
  /** PEM of the authority; absent: those that the system trusts. */
  readonly ca?: string | undefined;
  readonly insecureSkipTlsVerify?: boolean | undefined;
  readonly tlsServerName?: string | undefined;
  readonly token?: string | undefined;
  /** Read again for every request, because whoever writes it renews it. */
  readonly tokenFile?: string | undefined;
  readonly basic?: { readonly username: string; readonly password: string } | undefined;
  /** PEM. */
  readonly clientCertificate?: string | undefined;
  readonly clientKey?: string | undefined;
  /** For objects of namespaced kinds that name none. */
  readonly namespace: string;
}

/** Of the named context, or of the current one. Throws with what to do when there is none or it is incomplete. */
export async function connectionOf(config: Kubeconfig, contextName?: string): Promise<Connection> {
  const name = contextName ?? config.currentContext;
  if (name === undefined) throw new Error("the kubeconfig has no current context: name one of its contexts");
  const context = config.contexts.get(name);
  if (context === undefined) {
    const known = [...config.contexts.keys()].join(", ") || "none";
    throw new Error(`the kubeconfig has no context ${JSON.stringify(name)}: there is ${known}`);
  }
  const cluster = config.clusters.get(context.cluster);
  if (cluster === undefined) throw missing("cluster", context.cluster, name);
  const user = config.users.get(context.user);
  if (user === undefined && context.user !== "") throw missing("user", context.user, name);
  return {
    ...(await clusterParts(cluster)),
    ...(user === undefined ? {} : await userParts(user, context.user)),
    namespace: context.namespace === undefined || context.namespace === "" ? "default" : context.namespace,
  };
}

function missing(what: string, name: string, context: string): Error {
  return new Error(
    `the kubeconfig's context ${context} names ${what} ${JSON.stringify(name)}, which is not there`,
  );
}

async function clusterParts(cluster: KubeCluster): Promise<Omit<Connection, "namespace">> {
  if ((cluster["proxy-url"] ?? "") !== "") throw new Error("the kubeconfig's proxy-url is not supported");
  if (!URL.canParse(cluster.server)) {
    throw new Error(`the kubeconfig's server ${JSON.stringify(cluster.server)} is not a URL`);
  }
  return {
    server: cluster.server.replace(/\/+$/, ""),
    ca: await pem(cluster["certificate-authority-data"], cluster["certificate-authority"]),
    insecureSkipTlsVerify: cluster["insecure-skip-tls-verify"],
    tlsServerName: cluster["tls-server-name"],
  };
}

async function userParts(user: KubeUser, name: string): Promise<Partial<Connection>> {
  for (const way of ["exec", "auth-provider"] as const) {
    if (user[way] === undefined || user[way] === null) continue;
    throw new Error(
      `the kubeconfig's user ${name} logs in by ${way}, which is not supported: give it a token`,
    );
  }
  const { username, password = "" } = user;
  return {
    token: user.token,
    tokenFile: user.tokenFile,
    basic: username === undefined ? undefined : { username, password },
    clientCertificate: await pem(user["client-certificate-data"], user["client-certificate"]),
    clientKey: await pem(user["client-key-data"], user["client-key"]),
  };
}

async function pem(data: string | undefined, path: string | undefined): Promise<string | undefined> {
  if (data !== undefined && data !== "") return decodeText(data);
  if (path === undefined || path === "") return undefined;
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    throw new Error(`cannot read ${path}, which the kubeconfig names: ${messageOf(error)}`, { cause: error });
  }
}
