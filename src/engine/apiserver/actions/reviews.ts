/** Reviews: who is this, may they do that. */

import type { UserInfo } from "../../../client/user.ts";
import type { SelfSubjectReview } from "../../../model/kinds/authentication/selfsubjectreview/selfsubjectreview.ts";
import type { TokenReview } from "../../../model/kinds/authentication/tokenreview/tokenreview.ts";
import type { SelfSubjectAccessReview } from "../../../model/kinds/authorization/selfsubjectaccessreview/selfsubjectaccessreview.ts";
import type { SelfSubjectRulesReview } from "../../../model/kinds/authorization/selfsubjectrulesreview/selfsubjectrulesreview.ts";
import {
  subjectAccessReview,
  type SubjectAccessReview,
} from "../../../model/kinds/authorization/subjectaccessreview/subjectaccessreview.ts";
import { invalid } from "../api-errors.ts";
import type { Authenticator } from "../auth/authenticator.ts";
import type { Attributes, Authorizer } from "../auth/authorizer.ts";
import type { Action } from "./action.ts";

type AccessSpec = SelfSubjectAccessReview["spec"];

export function reviewActions(authenticator: Authenticator, authorizer: Authorizer): [string, Action][] {
  const decide = (user: UserInfo, spec: AccessSpec) => {
    const { allowed, reason } = authorizer.authorize(user, attributesIn(spec));
    return { allowed, ...(reason === "" ? {} : { reason }) };
  };
  const selfAccess: Action = async ({ user, body }) => {
    const review = body as unknown as SelfSubjectAccessReview;
    return { ...review, status: decide(user, review.spec) };
  };
  const access: Action = async ({ body }) => {
    const review = body as unknown as SubjectAccessReview;
    const { user = "", groups = [], uid } = review.spec;
    if (user === "" && groups.length === 0) {
      const detail = "at least one of user or group must be specified";
      throw invalid(subjectAccessReview, "", [{ type: "Invalid", path: "spec.user", value: user, detail }]);
    }
    return { ...review, status: decide({ username: user, groups, uid }, review.spec) };
  };
  const rules: Action = async ({ user, body }) => {
    const review = body as unknown as SelfSubjectRulesReview;
    const found = authorizer.rulesFor(user, review.spec.namespace ?? "");
    const status = { ...found, incomplete: false } as SelfSubjectRulesReview["status"];
    return { ...review, status } as SelfSubjectRulesReview;
  };
  const self: Action = async ({ user, body }) => {
    const review = body as unknown as SelfSubjectReview;
    const status: SelfSubjectReview["status"] = { userInfo: userIn(user) };
    return { ...review, status } as SelfSubjectReview;
  };
  const token: Action = async ({ body }) => {
    const review = body as unknown as TokenReview;
    const { token: asked, audiences } = review.spec;
    const user = await authenticator.authenticate(asked ?? "");
    const status: TokenReview["status"] =
      user === undefined
        ? { authenticated: false, error: "the token is not valid" }
        : { authenticated: true, user: userIn(user), ...(audiences === undefined ? {} : { audiences }) };
    // The token is not given back: answers end up in logs.
    return { ...review, spec: {}, status } as TokenReview;
  };
  return [
    ["selfsubjectaccessreviews.authorization.k8s.io", selfAccess],
    ["selfsubjectrulesreviews.authorization.k8s.io", rules],
    ["subjectaccessreviews.authorization.k8s.io", access],
    ["selfsubjectreviews.authentication.k8s.io", self],
    ["tokenreviews.authentication.k8s.io", token],
  ];
}

function userIn({ username, uid, groups }: UserInfo) {
  return { username, ...(uid === undefined ? {} : { uid }), groups: [...groups] };
}

function attributesIn({ resourceAttributes, nonResourceAttributes }: AccessSpec): Attributes {
  if (nonResourceAttributes !== undefined) {
    return { verb: nonResourceAttributes.verb ?? "", path: nonResourceAttributes.path ?? "" };
  }
  const { verb = "", group = "", resource = "", subresource, namespace, name } = resourceAttributes ?? {};
  return { verb, group, resource, subresource, namespace, name };
}
