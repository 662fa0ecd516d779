/** A build with Heroku-style buildpacks: fetches them, and after the build sees to what bin/release says. */

import { decodeText } from "../../../lib/base64.ts";
import { appLabel, configName } from "../../../model/kinds/nagi/app/app-names.ts";
import { pack } from "tar-stream";
import { openRemoteGit } from "../../../client/open-remote-git.ts";
import { messageOf } from "../../../lib/errors.ts";
import type { RemoteGit } from "../../../lib/git/remote-git.ts";
import { secret } from "../../../model/kinds/core/secret/secret.ts";
import { placeOfBuildpack } from "../../../model/kinds/nagi/buildpack-url.ts";
import { isNotFound } from "../../../model/status.ts";
import { cacheIdOf } from "../caches.ts";
import { startLines } from "../containerfile.ts";
import { BuildFailure } from "../failure.ts";
import { readyPlatform, type ReadyPlatform } from "../ready-platform.ts";
import type { Prepared, Work } from "../work.ts";
import { fetchBuildpack, type FetchedBuildpack } from "./fetch-buildpack.ts";
import { buildpacksPlatform, planBuildpacks } from "./plan-buildpacks.ts";
import { readReleaseOutput, type ReleaseOutput } from "./release-output.ts";
import type { WantedBuildpacks } from "./wanted-buildpacks.ts";

type Processes = Readonly<Record<string, string>>;

export interface BuildpackApp {
  readonly buildpacks: WantedBuildpacks;
  /** Of the Procfile; empty without one. */
  readonly processes: Processes;
}

/** `named`: the platform that the build names, taken when it is made for buildpacks. */
export async function prepareBuildpacks(
  work: Work,
  { buildpacks, processes }: BuildpackApp,
  named: ReadyPlatform | undefined,
): Promise<Prepared> {
  const { build, log } = work;
  const own = named?.language === buildpacksPlatform ? named : undefined;
  if (named !== undefined && own === undefined)
    log.line(
      ` !     platform ${named.name} is not used: it is for ${named.language}, and buildpacks are asked for`,
    );
  const platform = own ?? (await readyPlatform(buildpacksPlatform, work));
  const { image: base } = platform;
  const plan = planBuildpacks({
    wanted: buildpacks,
    fetched: await fetchAll(work, buildpacks),
    processes,
    config: await configOf(work),
    sourceVersion: build.spec.revision?.git?.commit ?? build.spec.source?.binary?.asFile ?? "",
    requestId: build.metadata.uid ?? "",
  });
  const containerfile = plan.containerfile?.({ base, runtime: base, cacheId: cacheIdOf(build) });
  const finish = (image: string, told: string): Promise<Processes> => release(work, image, told, processes);
  return { plan, containerfile, platform, finish };
}

async function fetchAll(
  { build, options, log, signal }: Work,
  { urls }: WantedBuildpacks,
): Promise<ReadonlyMap<string, FetchedBuildpack>> {
  const host = await options.host();
  const guard = await options.network?.guard(host);
  const tell = (line: string): void => log.line(line);
  const { namespace = "default", labels } = build.metadata;
  const { git: source, sourceSecret } = build.spec.source ?? {};
  // What reads the app's own repository is told to that host only, whatever host a source names for a buildpack.
  const git = (_url: string, limit: AbortSignal): Promise<RemoteGit> =>
    openRemoteGit(options.client, {
      namespace,
      app: labels?.[appLabel],
      secretName: sourceSecret?.name,
      mainUrl: source?.uri,
      env: { ...options.env, ...host.proxies },
      ca: host.ca,
      signal: limit,
      onForgotten: (error) => tell(` !     The host key is not kept: ${messageOf(error)}`),
    });
  const fetched = new Map<string, FetchedBuildpack>();
  for (const url of new Set(urls)) {
    const place = placeOfBuildpack(url);
    if ("problem" in place) throw new BuildFailure("CannotDetect", `the buildpack ${place.problem}`);
    if (place.kind === "directory") continue;
    const asked = { directory: options.fetchedDir, namespace, host, guard, git, tell, signal };
    fetched.set(url, await fetchBuildpack(place, url, asked));
  }
  return fetched;
}

/** The app's config vars as they are now, in base64. */
async function configOf({ build, options }: Work): Promise<Readonly<Record<string, string>>> {
  const { namespace, labels } = build.metadata;
  const app = labels?.[appLabel];
  if (app === undefined) return {};
  try {
    return (await options.client.get(secret, { namespace, name: configName(app) })).data ?? {};
  } catch (error) {
    if (isNotFound(error)) return {};
    throw error;
  }
}

/** The Procfile wins over bin/release of the last buildpack. */
async function release(work: Work, image: string, told: string, own: Processes): Promise<Processes> {
  const read = readReleaseOutput(decodeText(told));
  if (!read.ok)
    throw new BuildFailure(
      "DockerBuildFailed",
      `what bin/release of the last buildpack says ${read.message}`,
    );
  const { output } = read;
  tell(work, output, own);
  const processes = { ...output.processes, ...own };
  if (Object.keys(processes).every((name) => name === "release")) {
    const message =
      "nothing says how the app is started: neither a Procfile nor bin/release of the last buildpack. Add a Procfile, for instance `web: bin/start`";
    throw new BuildFailure("CannotDetect", message);
  }
  const isSame = Object.keys(output.processes).every((name) => Object.hasOwn(own, name));
  if (!isSame || Object.keys(output.configVars).length > 0)
    await writeInto(work, image, [...configLines(output), ...startLines(processes)]);
  return processes;
}

function tell({ log }: Work, { processes, configVars, addons }: ReleaseOutput, own: Processes): void {
  const names = Object.keys(processes);
  if (names.length + Object.keys(configVars).length + addons.length === 0) return;
  log.line("-----> bin/release");
  for (const name of names) {
    const over = Object.hasOwn(own, name) ? " (the Procfile's is taken)" : "";
    log.line(`       ${name}: ${processes[name]}${over}`);
  }
  for (const [name, value] of Object.entries(configVars))
    log.line(`       ${name}=${value}, unless the app has a config var of that name`);
  if (addons.length > 0)
    log.line(
      ` !     add-ons that buildpacks ask for are not made (${addons.join(", ")}): name them in app.json, or nagi addons create`,
    );
}

/** Defaults, which the app's own config vars hide. */
function configLines({ configVars }: ReleaseOutput): string[] {
  return Object.entries(configVars).map(
    ([name, value]) => `ENV ${name}=${JSON.stringify(value).replaceAll("$", "\\$")}`,
  );
}

async function writeInto(work: Work, image: string, lines: readonly string[]): Promise<void> {
  const context = pack();
  context.entry({ name: "Containerfile" }, `FROM ${image}\n${lines.join("\n")}\n`);
  context.finalize();
  const { engine } = work.options;
  const asked = { tags: [image], dockerfile: "Containerfile", layers: false, signal: work.signal };
  for await (const _step of engine.buildImage(context, asked));
}
