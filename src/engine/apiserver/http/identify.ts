/** Who sends a request: by bearer token, and as whom they want to be seen. */

import type { IncomingMessage } from "node:http";
import type { UserInfo } from "../../../client/user.ts";
import { StatusError } from "../../../model/status.ts";
import { unauthorized } from "../api-errors.ts";
import type { Authenticator } from "../auth/authenticator.ts";
import { anonymous, authenticatedGroup, isPublicPath, type Authorizer } from "../auth/authorizer.ts";

export interface Identification {
  readonly authenticator: Authenticator;
  readonly authorizer: Authorizer;
}

export async function identify(
  { authenticator, authorizer }: Identification,
  request: IncomingMessage,
  path: string,
): Promise<UserInfo> {
  const header = request.headers.authorization ?? "";
  if (header === "") {
    if (isPublicPath(path)) return anonymous;
    throw unauthorized();
  }
  const token = /^Bearer +(?<token>\S+)$/i.exec(header)?.groups?.["token"];
  const user = token === undefined ? undefined : await authenticator.authenticate(token);
  if (user === undefined) throw unauthorized();
  return impersonated(authorizer, user, request);
}

/** `kubectl --as`: only for who may impersonate, and then with that identity's rights alone. */
function impersonated(authorizer: Authorizer, user: UserInfo, request: IncomingMessage): UserInfo {
  const { headers, headersDistinct } = request;
  const username = headers["impersonate-user"];
  const groups = headersDistinct["impersonate-group"] ?? [];
  const other = Object.keys(headers).find(
    (name) => name.startsWith("impersonate-") && name !== "impersonate-user" && name !== "impersonate-group",
  );
  if (username === undefined && groups.length === 0 && other === undefined) return user;
  if (typeof username !== "string" || username === "") {
    throw new StatusError("BadRequest", "requested an impersonation without a user to impersonate");
  }
  if (other !== undefined) throw new StatusError("BadRequest", `impersonation by ${other} is not served`);
  const wanted = [
    { resource: "users", name: username },
    ...groups.map((name) => ({ resource: "groups", name })),
  ];
  for (const { resource, name } of wanted) {
    const attributes = { verb: "impersonate", group: "", resource, name };
    if (authorizer.authorize(user, attributes).allowed) continue;
    const message = `${resource} "${name}" is forbidden: User "${user.username}" cannot impersonate resource "${resource}" in API group "" at the cluster scope`;
    throw new StatusError("Forbidden", message, { name, kind: resource });
  }
  const seen = groups.includes(authenticatedGroup) ? groups : [...groups, authenticatedGroup];
  return { username, groups: seen };
}
