/** What a commit is told about its build, and how each forge wants to hear it. Pure. */

import { parseGitUrl } from "../../lib/git/git-url.ts";
import type { ProviderName } from "../../lib/webhooks/providers.ts";
import type { Build } from "../../model/kinds/build/build/build.ts";
import type { Release } from "../../model/kinds/nagi/release/release.ts";

export interface CommitStatus {
  readonly state: "pending" | "success" | "failure" | "error";
  readonly description: string;
}

/** GitHub takes no more. */
const descriptionMaxLength = 140;

/** `releases`: of the app; `isReleased`: whether the app's builds are released at all. */
export function commitStatusOf(
  build: Build,
  releases: readonly Release[],
  isReleased: boolean,
): CommitStatus {
  const { phase = "New", message = "" } = build.status ?? {};
  const name = build.metadata.name ?? "";
  switch (phase) {
    case "New":
    case "Pending":
      return told("pending", `${name} waits to be built`);
    case "Running":
      return told("pending", `${name} is being built`);
    case "Failed":
      return told("failure", `${name} failed: ${message}`);
    case "Cancelled":
      return told("error", `${name} was cancelled`);
    case "Error":
      return told("error", `${name}: ${message}`);
    default:
      return isReleased ? releaseStatusOf(build, releases) : told("success", `${name} is built`);
  }
}

function releaseStatusOf(build: Build, releases: readonly Release[]): CommitStatus {
  const name = build.metadata.name ?? "";
  const own = releases
    .filter(({ spec }) => spec.build === name)
    .toSorted((a, b) => a.spec.version - b.spec.version)[0];
  if (own === undefined) {
    const later = releases.some(({ spec }) => numberOf(spec.build) > numberOf(name));
    return later
      ? told("success", `${name} is built, and was overtaken by a newer one`)
      : told("pending", `${name} is built, and is being released`);
  }
  const version = `v${own.spec.version}`;
  const { phase = "Pending", message = "" } = own.status ?? {};
  if (phase === "Live" || phase === "Superseded") return told("success", `${version} is live`);
  if (phase === "Held") return told("success", `${version} is held beside the live release`);
  if (phase === "Failed") return told("failure", `${version} failed: ${message}`);
  return told("pending", `${version} is being released`);
}

function numberOf(build: string | undefined): number {
  return Number(/-(\d+)$/.exec(build ?? "")?.[1] ?? 0);
}

function told(state: CommitStatus["state"], text: string): CommitStatus {
  const [line = ""] = text.split("\n");
  const description =
    line.length <= descriptionMaxLength ? line : `${line.slice(0, descriptionMaxLength - 1)}…`;
  return { state, description };
}

export interface StatusTarget {
  readonly provider: ProviderName;
  /** Address of the app's repository. */
  readonly gitUrl: string;
  readonly apiUrl?: string | undefined;
  readonly repository?: string | undefined;
  readonly context: string;
  readonly targetUrl: string | undefined;
}

export interface StatusRequest {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Readonly<Record<string, string | undefined>>;
}

/** Undefined for a provider without an API of commits. */
export function statusRequest(
  target: StatusTarget,
  { commit, token }: { readonly commit: string; readonly token: string },
  { state, description }: CommitStatus,
): StatusRequest | undefined {
  const { provider, context, targetUrl } = target;
  const api = (target.apiUrl ?? apiUrlOf(target)).replace(/\/+$/, "");
  const repository = target.repository ?? parseGitUrl(target.gitUrl)?.path ?? "";
  const path = repository.split("/").map(encodeURIComponent).join("/");
  const usual = { state, description, context, target_url: targetUrl };
  const bearer = { authorization: `Bearer ${token}` };
  switch (provider) {
    case "github": {
      const headers = {
        ...bearer,
        accept: "application/vnd.github+json",
        "x-github-api-version": "2022-11-28",
      };
      return { url: `${api}/repos/${path}/statuses/${commit}`, headers, body: usual };
    }
    case "gitea":
      return {
        url: `${api}/repos/${path}/statuses/${commit}`,
        headers: { authorization: `token ${token}` },
        body: usual,
      };
    case "gitlab":
      return {
        url: `${api}/projects/${encodeURIComponent(repository)}/statuses/${commit}`,
        headers: { "private-token": token },
        body: { state: gitlabStates[state], description, name: context, target_url: targetUrl },
      };
    case "bitbucket":
      return {
        url: `${api}/repositories/${path}/commit/${commit}/statuses/build`,
        headers: bearer,
        body: {
          state: bitbucketStates[state],
          description,
          key: context,
          name: context,
          url: targetUrl ?? "",
        },
      };
    default:
      return undefined;
  }
}

const gitlabStates = {
  pending: "running",
  success: "success",
  failure: "failed",
  error: "canceled",
} as const;
const bitbucketStates = {
  pending: "INPROGRESS",
  success: "SUCCESSFUL",
  failure: "FAILED",
  error: "STOPPED",
} as const;

/** Where the API of the forge is that has the repository. */
function apiUrlOf({ provider, gitUrl }: StatusTarget): string {
  const url = parseGitUrl(gitUrl);
  const scheme = url?.scheme === "http" ? "http" : "https";
  const host = (url?.scheme === "ssh" ? url.host.split(":")[0] : url?.host) ?? "";
  if (provider === "github")
    return host === "github.com" ? "https://api.github.com" : `${scheme}://${host}/api/v3`;
  if (provider === "gitlab") return `${scheme}://${host}/api/v4`;
  if (provider === "bitbucket") return "https://api.bitbucket.org/2.0";
  return `${scheme}://${host}/api/v1`;
}
