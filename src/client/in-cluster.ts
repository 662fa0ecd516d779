/** The connection of a program that runs in a pod: the API's address from the environment, the pod's service account. */

import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { messageOf } from "../lib/errors.ts";
import type { Connection } from "./connection.ts";

const accountDir = "/var/run/secrets/kubernetes.io/serviceaccount";

/** Throws when this is no pod, or one without a service account. */
export async function inClusterConnection(
  env: Readonly<Record<string, string | undefined>>,
  directory: string = accountDir,
): Promise<Connection> {
  const { KUBERNETES_SERVICE_HOST: host = "", KUBERNETES_SERVICE_PORT: port = "" } = env;
  if (host === "" || port === "") {
    throw new Error("this does not run in a pod of a cluster: KUBERNETES_SERVICE_HOST and _PORT are not set");
  }
  const read = async (name: string): Promise<string> => {
    try {
      return (await readFile(join(directory, name), "utf8")).trim();
    } catch (error) {
      throw new Error(`cannot read the pod's service account: ${messageOf(error)}`, { cause: error });
    }
  };
  const [ca, namespace] = await Promise.all([read("ca.crt"), read("namespace"), read("token")]);
  return {
    server: `https://${host.includes(":") ? `[${host}]` : host}:${port}`,
    ca,
    // The kubelet renews it.
    tokenFile: join(directory, "token"),
    namespace,
  };
}
