/** The registry's scopes, `repository:NAMESPACE/STREAM:pull,push`, and what they mean in rights on objects. */

import type { Action } from "../../client/access.ts";

export interface Scope {
  readonly type: string;
  readonly name: string;
  readonly actions: readonly string[];
}

/** More in one request than any client asks for. */
export const maxScopes = 20;
const maxLength = 1024;

/** Undefined for what is no scope. */
export function parseScope(text: string): Scope | undefined {
  if (text.length > maxLength) return undefined;
  const [, type, name, actions] = /^([a-z]+(?:\([a-z]+\))?):(.+):([a-z*,]*)$/.exec(text) ?? [];
  if (type === undefined || name === undefined || actions === undefined) return undefined;
  return { type, name, actions: actions.split(",").filter((action) => action !== "") };
}

const verbs: Readonly<Record<string, string>> = { pull: "get", push: "update", delete: "delete", "*": "*" };

/** What its user must be allowed to do; undefined: nobody may. OpenShift's words: layers of image streams. */
export function actionOf(scope: Scope, action: string): Action | undefined {
  const verb = verbs[action];
  if (verb === undefined) return undefined;
  const group = "image.openshift.io";
  if (scope.type === "registry" && scope.name === "catalog") {
    return { verb: "list", group, resource: "imagestreams" };
  }
  const [, namespace, name] = /^([^/]+)\/([^/]+)$/.exec(scope.name) ?? [];
  if (scope.type !== "repository" || namespace === undefined) return undefined;
  return { verb, group, resource: "imagestreams", subresource: "layers", namespace, name };
}
