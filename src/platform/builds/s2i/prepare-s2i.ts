/** A source-to-image build: finds the builder and, for an incremental build, the app's last image. */

import { appLabel } from "../../../model/kinds/nagi/app/app-names.ts";
import { build as buildKind, type Build } from "../../../model/kinds/build/build/build.ts";
import { checkedImage } from "../dockerfile/base-images.ts";
import { BuildFailure } from "../failure.ts";
import { pull } from "../inputs/build-images.ts";
import { parseProcfile } from "../procfile.ts";
import type { SourceTree } from "../source-tree.ts";
import type { Prepared, Work } from "../work.ts";
import { readBuilder, type Builder } from "./builder.ts";
import { fetchScripts } from "./fetch-scripts.ts";
import { planS2i } from "./plan-s2i.ts";

type SourceStrategy = NonNullable<Build["spec"]["strategy"]["sourceStrategy"]>;

/** The builder's image is by digest already, as inputs/ see to. */
export async function prepareS2i(work: Work, tree: SourceTree, strategy: SourceStrategy): Promise<Prepared> {
  const { build } = work;
  const procfile = tree.text("Procfile");
  const parsed = procfile === undefined ? { ok: true as const, processes: {} } : parseProcfile(procfile);
  if (!parsed.ok) throw new BuildFailure("CannotDetect", parsed.message);
  const builder = await findBuilder(work, strategy);
  const previous = strategy.incremental === true ? await previousImage(work) : undefined;
  const { scriptsUrl: url } = builder;
  const incremental = previous !== undefined;
  const fetched = url === undefined ? undefined : await fetchScripts(work, { url, incremental });
  const planned = planS2i({
    tree,
    builder,
    fetched,
    processes: parsed.processes,
    env: [...buildVariables(build), ...ownVariables(strategy)],
    labels: labelsOf(build, builder),
    previous: previous?.image,
  });
  if (!planned.ok) throw new BuildFailure("CannotDetect", planned.message);
  const { plan } = planned;
  const base = await checkedImage(builder.image, work.options);
  const containerfile = plan.containerfile?.({ base, runtime: previous?.id ?? "", cacheId: "" });
  const written = new Map([
    [`FROM ${base}`, `FROM ${builder.image}`],
    [`FROM ${previous?.id} AS previous`, `FROM ${previous?.image} AS previous`],
  ]);
  return { plan, containerfile, written };
}

async function findBuilder(work: Work, strategy: SourceStrategy): Promise<Builder> {
  const { build, options, log, signal } = work;
  const image = strategy.from.name ?? "";
  const path = "spec.strategy.sourceStrategy.from";
  const wanted = { image, path, pullSecret: strategy.pullSecret?.name, always: strategy.forcePull };
  await pull(build, wanted, { ...options, signal, tell: (line) => log.line(line) });
  const read = readBuilder(image, await options.engine.inspectImage(image), strategy.scripts);
  if (!read.ok) throw new BuildFailure("UnsupportedStrategy", read.message);
  return read.builder;
}

/** Of the app's newest complete build; undefined where there is none, or none to be had. */
async function previousImage(
  work: Work,
): Promise<{ readonly image: string; readonly id: string } | undefined> {
  const { build, options, log, signal } = work;
  const { namespace, labels = {} } = build.metadata;
  const group = [appLabel, "buildconfig"].find((name) => labels[name] !== undefined);
  const nothing = (why: string): undefined =>
    log.line(`-----> Nothing of an earlier build: ${why}`) as undefined;
  if (group === undefined) return nothing("this build belongs to no app");
  const labelSelector = `${group}=${labels[group]}`;
  const { items } = await options.client.list(buildKind, { namespace, labelSelector });
  const complete = items
    .filter(({ status }) => status?.phase === "Complete")
    .toSorted((a, b) => endOf(b) - endOf(a));
  const image = complete[0]?.status?.outputDockerImageReference;
  if (image === undefined) return nothing("there is none yet");
  try {
    const asked = { image, path: "the last build's image" };
    await pull(build, asked, { ...options, signal, tell: (line) => log.line(line) });
    return { image, id: await checkedImage(image, options) };
  } catch (error) {
    if (error instanceof BuildFailure) return nothing(`its image is gone (${error.message})`);
    throw error;
  }
}

function endOf({ status }: Build): number {
  return Date.parse(status?.completionTimestamp ?? "") || 0;
}

/** As OpenShift sets them. */
function buildVariables({ metadata, spec }: Build): [string, string][] {
  const { name = "", namespace = "default" } = metadata;
  const { commit } = spec.revision?.git ?? {};
  const { uri, ref } = spec.source?.git ?? {};
  return [
    ["OPENSHIFT_BUILD_NAME", name],
    ["OPENSHIFT_BUILD_NAMESPACE", namespace],
    ...optional("OPENSHIFT_BUILD_COMMIT", commit),
    ...optional("OPENSHIFT_BUILD_SOURCE", uri),
    ...optional("OPENSHIFT_BUILD_REFERENCE", ref),
  ];
}

function optional(name: string, value: string | undefined): [string, string][] {
  return value === undefined ? [] : [[name, value]];
}

function ownVariables({ env = [] }: SourceStrategy): [string, string][] {
  return env.map(({ name, value = "" }) => [name, value]);
}

function labelsOf({ metadata, spec }: Build, { image }: Builder): Record<string, string> {
  const commit = spec.revision?.git?.commit;
  return {
    "io.openshift.s2i.build.image": image,
    "io.openshift.build.name": metadata.name ?? "",
    ...(commit === undefined ? {} : { "io.openshift.build.commit.id": commit }),
  };
}
