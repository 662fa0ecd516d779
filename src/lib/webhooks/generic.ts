/**
 * Anything that can send a request, for instance curl. The body may be empty, or say what is to be built, in
 * OpenShift's words: `{"git": {"ref": "main", "commit": "..."}, "env": [{"name": "A", "value": "b"}]}`.
 */

import { parse as parseYaml } from "yaml";
import { PayloadProblem, type HookRequest, type Provider } from "./event.ts";
import { deliveryId, hashIn, header, isSameText, isSigned, jsonOf, Payload } from "./request.ts";

const envMax = 100;

export const generic: Provider = {
  isGenuine(request, secret) {
    const { headers } = request;
    const bearer = /^Bearer\s+(\S+)$/i.exec(header(headers, "authorization") ?? "")?.[1];
    const token = header(headers, "x-nagi-token") ?? bearer;
    if (token !== undefined) return isSameText(token, secret);
    return isSigned(request, ["x-nagi-signature", "x-hub-signature-256"], secret);
  },
  read(request) {
    const id = deliveryId(request.headers, "x-nagi-delivery", "idempotency-key");
    const event = header(request.headers, "x-nagi-event") ?? "generic";
    if (event === "ping") return { kind: "Ping", event, id };
    const payload = bodyOf(request);
    const commit = payload.text("git.commit");
    if (commit !== undefined && hashIn(commit) === undefined)
      throw new PayloadProblem(
        `git.commit is ${JSON.stringify(commit)}: it must be a whole commit hash in hex`,
      );
    const ref = payload.text("git.ref");
    const full = ref === undefined || ref.startsWith("refs/") ? ref : `refs/heads/${ref}`;
    return {
      kind: full?.startsWith("refs/tags/") === true ? "Tag" : "Push",
      event,
      id,
      ref: full,
      commit,
      message: payload.text("git.message"),
      author: { name: payload.text("git.author.name"), email: payload.text("git.author.email") },
      env: envIn(payload),
    };
  },
};

function bodyOf(request: HookRequest): Payload {
  if (Buffer.from(request.body).toString("utf8").trim() === "") return new Payload({});
  if (header(request.headers, "content-type")?.includes("yaml") !== true) return jsonOf(request);
  let parsed: unknown;
  try {
    parsed = parseYaml(Buffer.from(request.body).toString("utf8"), { maxAliasCount: 0 });
  } catch {
    throw new PayloadProblem("the body is no YAML");
  }
  if (typeof parsed === "object" && parsed !== null && !Array.isArray(parsed)) return new Payload(parsed);
  throw new PayloadProblem("the body is no YAML object");
}

function envIn(payload: Payload): { name: string; value: string }[] {
  const env = payload
    .objects("env")
    .map((each) => ({ name: each.text("name") ?? "", value: each.text("value") ?? "" }));
  const wrong = env.find(({ name }) => !/^[A-Za-z_][A-Za-z0-9_]*$/.test(name));
  if (wrong !== undefined)
    throw new PayloadProblem(
      `env has the name ${JSON.stringify(wrong.name)}: letters, digits and _ are allowed`,
    );
  if (env.length > envMax) throw new PayloadProblem(`env has more than ${envMax} entries`);
  return env;
}
