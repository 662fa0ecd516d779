/** Makes the next build of a build configuration: `shop-1`, `shop-2`, as OpenShift names and labels them. */

import { newObject } from "../model/kind.ts";
import { build as buildKind, type Build } from "../model/kinds/build/build/build.ts";
import { buildConfig, type BuildConfig } from "../model/kinds/build/buildconfig/buildconfig.ts";
import { controllerRef, refOf, type ObjectRef } from "../model/meta.ts";
import { isStatus } from "../model/status.ts";
import type { Client } from "./client.ts";

const maxNameTries = 20;

export interface StartBuild {
  /** Why, in words. */
  readonly cause: string;
  /** Built instead of the configuration's branch. */
  readonly commit?: string | undefined;
}

export async function startBuild(client: Client, ref: ObjectRef, asked: StartBuild): Promise<Build> {
  const config = await client.get(buildConfig, ref);
  const { items } = await client.list(buildKind, { namespace: ref.namespace });
  const numbers = items.map(({ metadata }) => numberOf(metadata.name ?? "", ref.name));
  const first = Math.max(config.status?.lastVersion ?? 0, ...numbers) + 1;
  for (let number = first; number < first + maxNameTries; number += 1) {
    try {
      const made = await client.create(buildKind, newBuild(config, number, asked));
      const body = { status: { lastVersion: number } };
      await client.patch(buildConfig, refOf(config), { type: "merge", body }, { subresource: "status" });
      return made;
    } catch (error) {
      if (!isStatus(error, "AlreadyExists")) throw error;
    }
  }
  throw new Error(
    `cannot name a build of ${ref.name}: ${maxNameTries} names from ${ref.name}-${first} are taken`,
  );
}

function numberOf(build: string, config: string): number {
  const number = build.startsWith(`${config}-`) ? build.slice(config.length + 1) : "";
  return /^\d+$/.test(number) ? Number(number) : 0;
}

function newBuild(config: BuildConfig, number: number, { cause, commit }: StartBuild): Build {
  const { namespace, name = "", labels } = config.metadata;
  const { triggers: _triggers, runPolicy = "Serial", ...rest } = config.spec;
  const { successfulBuildsHistoryLimit: _good, failedBuildsHistoryLimit: _bad, ...common } = rest;
  const { source } = common;
  const atCommit =
    commit === undefined || source?.git === undefined
      ? {}
      : {
          source: { ...source, git: { ...source.git, ref: commit } },
          revision: { type: "Git", git: { commit } },
        };
  return newObject<Build>(
    buildKind,
    {
      namespace,
      name: `${name}-${number}`,
      labels: {
        ...labels,
        buildconfig: name,
        "openshift.io/build-config.name": name,
        "openshift.io/build.start-policy": runPolicy,
      },
      annotations: { "openshift.io/build.number": String(number) },
      ownerReferences: [controllerRef(config)],
    },
    { spec: { ...common, ...atCommit, triggeredBy: [{ message: cause }] } },
  );
}
