import type { Provider } from "./event.ts";
import { deliveryId, hashIn, header, isSigned, jsonOf } from "./request.ts";

export const bitbucket: Provider = {
  isGenuine: (request, secret) => isSigned(request, ["x-hub-signature"], secret),
  read(request) {
    const payload = jsonOf(request);
    const event = header(request.headers, "x-event-key") ?? "unknown";
    const id = deliveryId(request.headers, "x-request-uuid");
    const repository = payload.text("repository.full_name");
    if (event === "diagnostics:ping") return { kind: "Ping", event, id, repository };
    const change = payload.objects("push.changes").at(-1);
    const now = change?.text("new.name");
    const name = now ?? change?.text("old.name");
    if (event !== "repo:push" || change === undefined || name === undefined)
      return { kind: "Other", event, id, repository };
    const isTag = (change.text("new.type") ?? change.text("old.type")) === "tag";
    const author = /^(.*?)\s*<(.*)>$/.exec(change.text("new.target.author.raw") ?? "");
    return {
      kind: isTag ? "Tag" : "Push",
      event,
      id,
      ref: `${isTag ? "refs/tags" : "refs/heads"}/${name}`,
      commit: hashIn(change.text("new.target.hash")),
      before: hashIn(change.text("old.target.hash")),
      deleted: now === undefined,
      message: change.text("new.target.message"),
      author: { name: author?.[1], email: author?.[2] },
      sender: payload.text("actor.nickname") ?? payload.text("actor.display_name"),
      repository,
      defaultBranch: payload.text("repository.mainbranch.name"),
    };
  },
};
