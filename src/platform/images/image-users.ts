/** Who may ask for an image of the registry: releases, what makes pods, apps, the newest builds. */

import { appLabel } from "../../model/kinds/nagi/app/app-names.ts";
import type { Client } from "../../client/client.ts";
import type { Kind } from "../../model/kind.ts";
import { daemonSet } from "../../model/kinds/apps/daemonset/daemonset.ts";
import { deployment } from "../../model/kinds/apps/deployment/deployment.ts";
import { replicaSet } from "../../model/kinds/apps/replicaset/replicaset.ts";
import { statefulSet } from "../../model/kinds/apps/statefulset/statefulset.ts";
import { cronJob } from "../../model/kinds/batch/cronjob/cronjob.ts";
import { job } from "../../model/kinds/batch/job/job.ts";
import { build as buildKind, type Build } from "../../model/kinds/build/build/build.ts";
import { pod as podKind, type Pod } from "../../model/kinds/core/pod/pod.ts";
import { replicationController } from "../../model/kinds/core/replicationcontroller/replicationcontroller.ts";
import { app as appKind, type App } from "../../model/kinds/nagi/app/app.ts";
import { release as releaseKind, type Release } from "../../model/kinds/nagi/release/release.ts";
import type { KubeObject } from "../../model/meta.ts";
import type { ImageUser } from "./retention.ts";

const workloads = [
  deployment,
  replicaSet,
  statefulSet,
  daemonSet,
  job,
  replicationController,
] as unknown as Kind<Templated>[];

interface Templated extends KubeObject {
  readonly spec?: { readonly template?: { readonly spec?: PodSpec | undefined } | undefined };
}

type PodSpec = Pick<Pod["spec"], "containers" | "initContainers">;

/** `keepBuilds` is the number of newest complete builds of an app, or of a build configuration, that are kept. */
export async function imageUsers(client: Client, keepBuilds: number): Promise<readonly ImageUser[]> {
  const [releases, pods, apps, builds] = await Promise.all([
    client.list(releaseKind),
    client.list(podKind),
    client.list(appKind),
    client.list(buildKind),
  ]);
  const { items: cronJobs } = await client.list(cronJob);
  const templated = await Promise.all(
    workloads.map(async (kind) => {
      const { items } = await client.list(kind);
      return items.flatMap((each) =>
        usersOfPods(`${kind.singular} ${each.metadata.name}`, each.spec?.template?.spec),
      );
    }),
  );
  return [
    ...releases.items.map(userOfRelease),
    ...apps.items.flatMap(userOfApp),
    ...pods.items.flatMap((each) => usersOfPods(`pod ${each.metadata.name}`, each.spec)),
    ...cronJobs.flatMap((each) =>
      usersOfPods(`cronjob ${each.metadata.name}`, each.spec.jobTemplate.spec?.template?.spec),
    ),
    ...templated.flat(),
    ...usersOfBuilds(builds.items, keepBuilds),
  ];
}

function userOfRelease({ spec, status }: Release): ImageUser {
  const state = status?.phase === "Live" ? " (live)" : "";
  return { image: spec.image, digest: spec.imageDigest, why: `release ${spec.app} v${spec.version}${state}` };
}

function userOfApp({ metadata, spec }: App): ImageUser[] {
  return spec?.image === undefined ? [] : [{ image: spec.image, why: `app ${metadata.name}` }];
}

function usersOfPods(why: string, spec: PodSpec | undefined): ImageUser[] {
  const containers = [...(spec?.containers ?? []), ...(spec?.initContainers ?? [])];
  return containers.flatMap(({ image }) => (image === undefined ? [] : [{ image, why }]));
}

/** The newest of each app: what is built next starts from them, and a release may be about to be made of them. */
export function usersOfBuilds(builds: readonly Build[], keepBuilds: number): ImageUser[] {
  const complete = builds.filter(({ status }) => status?.phase === "Complete");
  const groups = Map.groupBy(complete, ({ metadata: { namespace, name, labels } }) => {
    const owner = labels?.[appLabel] ?? labels?.["buildconfig"] ?? name;
    return `${namespace}/${owner}`;
  });
  return [...groups.values()].flatMap((group) =>
    group
      .toSorted((a, b) => endOf(b) - endOf(a))
      .slice(0, keepBuilds)
      .map(({ metadata, status }) => ({
        image: status?.outputDockerImageReference ?? "",
        digest: status?.output?.to?.imageDigest,
        why: `build ${metadata.name}`,
      })),
  );
}

function endOf({ status }: Build): number {
  return Date.parse(status?.completionTimestamp ?? "") || 0;
}
