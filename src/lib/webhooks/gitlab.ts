import type { Provider } from "./event.ts";
import { deliveryId, filesOf, hashIn, header, isSameText, jsonOf, type Payload } from "./request.ts";

export const gitlab: Provider = {
  isGenuine: ({ headers }, secret) => isSameText(header(headers, "x-gitlab-token"), secret),
  read(request) {
    const payload = jsonOf(request);
    const event = header(request.headers, "x-gitlab-event") ?? payload.text("object_kind") ?? "unknown";
    const id = deliveryId(request.headers, "idempotency-key", "x-gitlab-event-uuid");
    const repository = payload.text("project.path_with_namespace");
    if (event === "Ping") return { kind: "Ping", event, id, repository };
    const ref = payload.text("ref");
    const isPush = ["Push Hook", "Tag Push Hook"].includes(event);
    if (!isPush || ref === undefined) return { kind: "Other", event, id, repository };
    const commits = payload.objects("commits");
    const commit = hashIn(payload.text("checkout_sha")) ?? hashIn(payload.text("after"));
    const newest = commits.find((each) => each.text("id") === commit) ?? commits.at(-1);
    return {
      kind: ref.startsWith("refs/tags/") ? "Tag" : "Push",
      event,
      id,
      ref,
      commit: hashIn(payload.text("after")) === undefined ? undefined : commit,
      before: hashIn(payload.text("before")),
      deleted: hashIn(payload.text("after")) === undefined,
      message: newest?.text("message"),
      author: { name: newest?.text("author.name"), email: newest?.text("author.email") },
      sender: payload.text("user_username") ?? payload.text("user_name"),
      repository,
      defaultBranch: payload.text("project.default_branch"),
      changedFiles: changedFiles(payload, commits),
    };
  },
};

/** Only the newest twenty commits are told. */
function changedFiles(payload: Payload, commits: readonly Payload[]): readonly string[] | undefined {
  if (hashIn(payload.text("before")) === undefined || commits.length === 0) return undefined;
  return commits.length < (payload.number("total_commits_count") ?? commits.length)
    ? undefined
    : filesOf(commits);
}
