/** What stands between a push and a release that serves. */

import type { Build } from "../../../model/kinds/build/build/build.ts";
import type { Release } from "../../../model/kinds/nagi/release/release.ts";
import type { Evidence, Finding } from "../evidence.ts";

const quotedLinesMax = 8;

export function notDeployed({ app, releases, builds }: Evidence): Finding[] {
  if (releases.length > 0 || newest(builds) !== undefined) return [];
  const { name = "" } = app.metadata;
  return [
    {
      cause: "NothingDeployed",
      severity: "error",
      text: "nothing was ever deployed to it",
      evidence: ["the app has no release and no build"],
      next: [
        "git push nagi main",
        `nagi deploy --app ${name} --dir .`,
        `nagi deploy --app ${name} --image IMAGE`,
      ],
    },
  ];
}

export function failedBuild({ app, releases, builds }: Evidence): Finding[] {
  const last = newest(builds);
  const phase = last?.status?.phase;
  if (last === undefined || (phase !== "Failed" && phase !== "Error")) return [];
  const { name = "" } = app.metadata;
  const build = last.metadata.name ?? "";
  const serves = releases.some((release) => release.status?.phase === "Live");
  const { reason, message, logSnippet } = last.status ?? {};
  const consequence = serves ? "what was live before still serves" : "there is nothing to run";
  return [
    {
      cause: "BuildFailed",
      severity: serves ? "warning" : "error",
      text: `the last build failed, so ${consequence}`,
      evidence: [`${build}: ${message ?? reason ?? phase}`, ...quote(logSnippet)],
      next: [`nagi builds logs ${build}`, `nagi builds retry ${build}`, `nagi builds --app ${name}`],
    },
  ];
}

export function failedRelease({ app, releases, pods }: Evidence): Finding[] {
  const last = releases.toSorted((a, b) => b.spec.version - a.spec.version)[0];
  if (last?.status?.phase !== "Failed") return [];
  const { name = "" } = app.metadata;
  const live = releases.find((release) => release.status?.phase === "Live");
  const version = `v${last.spec.version}`;
  const { message = "no reason is kept", logSnippet } = last.status;
  // Pods that are still there are told of by themselves.
  const isTold = pods.some(({ status }) => status?.containerStatuses?.some(({ ready }) => !ready));
  return [
    {
      cause: "ReleaseFailed",
      severity: live === undefined ? "error" : "warning",
      text: `the newest release ${version} failed, ${live === undefined ? "and no other is live" : `v${live.spec.version} still serves`}`,
      evidence: [`${version}: ${message.split("\n")[0]}`, ...(isTold ? [] : quote(logSnippet))],
      next: releaseAdvice(name, last, live),
    },
  ];
}

function releaseAdvice(name: string, last: Release, live: Release | undefined): string[] {
  const version = `v${last.spec.version}`;
  const phase =
    last.status?.releasePhase === undefined ? [] : [`nagi releases output ${version} --app ${name}`];
  const diff =
    live === undefined ? [] : [`nagi releases diff v${live.spec.version} ${version} --app ${name}`];
  return [...phase, ...diff, `nagi releases retry ${version} --app ${name}`];
}

function newest(builds: readonly Build[]): Build | undefined {
  return builds.toSorted((a, b) =>
    (b.metadata.creationTimestamp ?? "").localeCompare(a.metadata.creationTimestamp ?? ""),
  )[0];
}

function quote(text: string | undefined): string[] {
  const lines = (text ?? "").split("\n").filter((line) => line.trim() !== "");
  return lines.slice(-quotedLinesMax).map((line) => `| ${line}`);
}
