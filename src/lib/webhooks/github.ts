/** GitHub, and Gitea and Forgejo, whose pushes have the same shape. */

import type { HookEvent, HookRequest, Provider } from "./event.ts";
import { deliveryId, filesOf, hashIn, header, isSigned, jsonOf, type Payload } from "./request.ts";

/** More commits than this are not told. */
const githubCommitsMax = 2048;

export const github: Provider = {
  isGenuine: (request, secret) => isSigned(request, ["x-hub-signature-256"], secret),
  read: (request) =>
    readEvent(request, {
      event: header(request.headers, "x-github-event"),
      id: deliveryId(request.headers, "x-github-delivery"),
    }),
};

export const gitea: Provider = {
  isGenuine: (request, secret) =>
    isSigned(request, ["x-forgejo-signature", "x-gitea-signature", "x-hub-signature-256"], secret),
  read: (request) =>
    readEvent(request, {
      event: header(request.headers, "x-forgejo-event") ?? header(request.headers, "x-gitea-event"),
      id: deliveryId(request.headers, "x-forgejo-delivery", "x-gitea-delivery"),
    }),
};

interface Told {
  readonly event: string | undefined;
  readonly id: string | undefined;
}

function readEvent(request: HookRequest, { event = "unknown", id }: Told): HookEvent {
  const payload = jsonOf(request);
  const repository = payload.text("repository.full_name");
  if (event === "ping") return { kind: "Ping", event, id, repository };
  const ref = payload.text("ref");
  if (event !== "push" || ref === undefined) return { kind: "Other", event, id, repository };
  const commits = payload.objects("commits");
  const after = hashIn(payload.text("after"));
  // Of an annotated tag `after` is the tag itself, which is no commit to say a status of.
  const commit = after === undefined ? undefined : (hashIn(payload.text("head_commit.id")) ?? after);
  return {
    kind: ref.startsWith("refs/tags/") ? "Tag" : "Push",
    event,
    id,
    ref,
    commit,
    before: hashIn(payload.text("before")),
    deleted: payload.is("deleted") || commit === undefined,
    message: payload.text("head_commit.message") ?? commits.at(-1)?.text("message"),
    author: {
      name: payload.text("head_commit.author.name"),
      email: payload.text("head_commit.author.email"),
    },
    sender: payload.text("sender.login") ?? payload.text("pusher.name"),
    repository,
    defaultBranch: payload.text("repository.default_branch"),
    changedFiles: changedFiles(payload, commits),
  };
}

function changedFiles(payload: Payload, commits: readonly Payload[]): readonly string[] | undefined {
  // Of a new branch or a rewritten one the commits are not the difference.
  if (hashIn(payload.text("before")) === undefined || payload.is("forced")) return undefined;
  const total = payload.number("total_commits") ?? commits.length;
  if (commits.length === 0 || commits.length < total || commits.length >= githubCommitsMax) return undefined;
  return filesOf(commits);
}
