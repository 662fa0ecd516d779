/** What builds leave on the machine that nothing needs any more: containers, groups, files, tags of images. */

import { existsSync, globSync, readdirSync } from "node:fs";
import { join } from "node:path";
import type { TestPlatform } from "./platform.ts";

interface BuildList {
  readonly items: readonly {
    readonly metadata: { readonly name: string; readonly uid: string };
    readonly status?: { readonly phase?: string; readonly outputDockerImageReference?: string };
  }[];
}

/** A line for each thing; empty when all is clean. Only of builds that ended. */
export function leftoversOfBuilds(platform: TestPlatform): string[] {
  const { items } = JSON.parse(platform.kubectl(["get", "builds", "-o", "json"])) as BuildList;
  const running = items.filter(({ status }) => !isEnded(status?.phase)).map(({ metadata }) => metadata.name);
  if (running.length > 0) throw new Error(`these builds run: ${running.join(", ")}`);
  const uids = items.map(({ metadata }) => metadata.uid);
  const wanted = items.flatMap(({ status }) => status?.outputDockerImageReference ?? []);
  return [
    ...workingContainers(platform, uids).map((path) => `working container ${path}`),
    ...uids.flatMap(controlGroups).map((path) => `control group ${path}`),
    ...uids.flatMap((uid) => globSync(`/run/netns/*-${uid}`)).map((path) => `network ${path}`),
    ...imageTags(platform)
      .filter((tag) => !wanted.includes(tag))
      .map((tag) => `image ${tag}`),
    ...filesIn(join(platform.dataDir, "work")).map((name) => `file work/${name}`),
    ...globSync("git/repositories/**/{tmp_objdir-*,incoming-*,*.lock}", { cwd: platform.dataDir }),
  ];
}

function isEnded(phase: string | undefined): boolean {
  return ["Complete", "Failed", "Error", "Cancelled"].includes(phase ?? "");
}

/** Podman writes the control group that a build was given beside its containers. */
function workingContainers(platform: TestPlatform, uids: readonly string[]): string[] {
  if (uids.length === 0) return [];
  const format = "{{.Store.GraphRoot}}/{{.Store.GraphDriverName}}";
  const folder = platform.ok("podman", ["info", "--format", format]).trim();
  const patterns = uids.flatMap((uid) => ["-e", `nagi-build[-:]${uid}`]);
  const files = globSync(`${folder}-containers/*/userdata/buildah.json`);
  if (files.length === 0) return [];
  return platform
    .run("grep", ["-l", ...patterns, ...files])
    .stdout.split("\n")
    .filter(Boolean);
}

function controlGroups(uid: string): string[] {
  return globSync(`/sys/fs/cgroup/{,*/,*/*/}{nagi-build-${uid},nagi-build-${uid}.scope}`);
}

function imageTags(platform: TestPlatform): string[] {
  // Only those: for each image that it lists, the engine adds up layers.
  const mine = ["--filter", `reference=127.0.0.1:${platform.registryPort}/*/*`];
  const tags = platform.ok("podman", ["images", ...mine, "--format", "{{.Repository}}:{{.Tag}}"]);
  return tags.split("\n").filter(Boolean);
}

function filesIn(folder: string): string[] {
  return existsSync(folder) ? readdirSync(folder) : [];
}
