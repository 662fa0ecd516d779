/** A kubeconfig of one cluster, one user and one context, all of the same name. */

import type { KubeCluster, Kubeconfig } from "./kubeconfig.ts";

export interface SingleKubeconfig {
  readonly name: string;
  readonly cluster: KubeCluster;
  readonly token: string;
  readonly namespace?: string | undefined;
}

export function singleKubeconfig({ name, cluster, token, namespace }: SingleKubeconfig): Kubeconfig {
  return {
    clusters: new Map([[name, cluster]]),
    users: new Map([[name, { token }]]),
    contexts: new Map([[name, { cluster: name, user: name, namespace }]]),
    currentContext: name,
  };
}
