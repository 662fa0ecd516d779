/**
 * Who may do what. `Authorizer` is the seam at which RBAC can come; `builtInAuthorizer` grants the least that
 * Kubernetes' own bootstrap roles grant: everything to `system:masters`, discovery and questions about oneself to
 * whoever is authenticated, version and health to everybody. Service accounts get no more than that.
 */

import type { UserInfo } from "../../../client/user.ts";
import { resourceName, type Kind } from "../../../model/kind.ts";
import { StatusError } from "../../../model/status.ts";

export interface ResourceAttributes {
  readonly verb: string;
  readonly group: string;
  readonly resource: string;
  readonly subresource?: string | undefined;
  readonly namespace?: string | undefined;
  readonly name?: string | undefined;
}

export interface PathAttributes {
  readonly verb: string;
  readonly path: string;
}

export type Attributes = ResourceAttributes | PathAttributes;

export interface Decision {
  readonly allowed: boolean;
  readonly reason: string;
}

/** All that a user may do somewhere, for people to read. */
export interface Rules {
  readonly resourceRules: readonly {
    readonly verbs: readonly string[];
    readonly apiGroups: readonly string[];
    readonly resources: readonly string[];
  }[];
  readonly nonResourceRules: readonly {
    readonly verbs: readonly string[];
    readonly nonResourceURLs: readonly string[];
  }[];
}

/** Synchronous on purpose: it is asked for every operation and must decide from what is in memory. */
export interface Authorizer {
  authorize(user: UserInfo, attributes: Attributes): Decision;
  rulesFor(user: UserInfo, namespace: string): Rules;
}

export const mastersGroup = "system:masters";
export const authenticatedGroup = "system:authenticated";
export const unauthenticatedGroup = "system:unauthenticated";
export const anonymous: UserInfo = { username: "system:anonymous", groups: [unauthenticatedGroup] };

const publicPaths = new Set(["/version", "/version/", "/healthz", "/livez", "/readyz"]);
const discoveryPaths = ["/api", "/apis", "/openapi"];
/** Questions about oneself, by group. */
const selfReviews: readonly (readonly [group: string, resources: readonly string[]])[] = [
  ["authentication.k8s.io", ["selfsubjectreviews"]],
  ["authorization.k8s.io", ["selfsubjectaccessreviews", "selfsubjectrulesreviews"]],
];

export const builtInAuthorizer: Authorizer = {
  authorize(user, attributes) {
    if (user.groups.includes(mastersGroup)) return { allowed: true, reason: "" };
    const authenticated = user.groups.includes(authenticatedGroup);
    const allowed =
      "path" in attributes ? allowsPath(attributes, authenticated) : allowsReview(attributes, authenticated);
    return { allowed, reason: "" };
  },
  rulesFor(user) {
    if (user.groups.includes(mastersGroup)) {
      return {
        resourceRules: [{ verbs: ["*"], apiGroups: ["*"], resources: ["*"] }],
        nonResourceRules: [{ verbs: ["*"], nonResourceURLs: ["*"] }],
      };
    }
    const everybody = { verbs: ["get"], nonResourceURLs: [...publicPaths] };
    if (!user.groups.includes(authenticatedGroup))
      return { resourceRules: [], nonResourceRules: [everybody] };
    const reviews = selfReviews.map(([group, resources]) => ({
      verbs: ["create"],
      apiGroups: [group],
      resources,
    }));
    const below = discoveryPaths.flatMap((path) => [path, `${path}/*`]);
    return {
      resourceRules: reviews,
      nonResourceRules: [everybody, { verbs: ["get"], nonResourceURLs: below }],
    };
  },
};

function allowsPath({ verb, path }: PathAttributes, authenticated: boolean): boolean {
  if (verb !== "get") return false;
  if (isPublicPath(path)) return true;
  return authenticated && discoveryPaths.some((prefix) => path === prefix || path.startsWith(`${prefix}/`));
}

export function isPublicPath(path: string): boolean {
  return publicPaths.has(path) || path.startsWith("/livez/") || path.startsWith("/readyz/");
}

function allowsReview(attributes: ResourceAttributes, authenticated: boolean): boolean {
  const { verb, group, resource } = attributes;
  if (!authenticated || verb !== "create") return false;
  return selfReviews.some(([own, resources]) => own === group && resources.includes(resource));
}

/** Throws Kubernetes' 403 unless the user may. */
export function authorize(authorizer: Authorizer, user: UserInfo, attributes: Attributes): void {
  const decision = authorizer.authorize(user, attributes);
  if (!decision.allowed) throw denied(user, attributes, decision.reason);
}

export function attributesOf(
  kind: Kind,
  verb: string,
  target: { namespace?: string | undefined; name?: string | undefined; subresource?: string | undefined },
): ResourceAttributes {
  const { namespace, name, subresource } = target;
  return { verb, group: kind.group, resource: kind.plural, subresource, namespace, name };
}

function denied(user: UserInfo, attributes: Attributes, reason: string): StatusError {
  const who = `User "${user.username}" cannot ${attributes.verb}`;
  const why = reason === "" ? "" : `: ${reason}`;
  if ("path" in attributes) {
    return new StatusError("Forbidden", `forbidden: ${who} path "${attributes.path}"${why}`);
  }
  const { group, resource, subresource, namespace, name } = attributes;
  const full = subresource === undefined || subresource === "" ? resource : `${resource}/${subresource}`;
  const scope =
    namespace === undefined || namespace === "" ? "at the cluster scope" : `in the namespace "${namespace}"`;
  const plural = resourceName({ group, plural: resource });
  const subject = name === undefined || name === "" ? plural : `${plural} "${name}"`;
  const message = `${subject} is forbidden: ${who} resource "${full}" in API group "${group}" ${scope}${why}`;
  return new StatusError("Forbidden", message, {
    ...(name === undefined || name === "" ? {} : { name }),
    ...(group === "" ? {} : { group }),
    kind: resource,
  });
}
