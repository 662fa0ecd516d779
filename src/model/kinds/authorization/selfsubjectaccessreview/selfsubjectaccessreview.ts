import { defineKind } from "../../../define.ts";
import type { KubeObject } from "../../../meta.ts";
import { object, required, type Infer } from "../../../schema.ts";
import { accessStatus, nonResourceAttributes, resourceAttributes } from "../access.ts";

const fields = {
  spec: required(
    object(
      "What is asked.",
      { resourceAttributes, nonResourceAttributes },
      { name: "io.k8s.api.authorization.v1.SelfSubjectAccessReviewSpec" },
    ),
  ),
  status: accessStatus,
};
const schema = object("", fields);
export interface SelfSubjectAccessReview extends KubeObject, Infer<typeof schema> {}

export const selfSubjectAccessReview = defineKind<SelfSubjectAccessReview>({
  group: "authorization.k8s.io",
  version: "v1",
  kind: "SelfSubjectAccessReview",
  plural: "selfsubjectaccessreviews",
  namespaced: false,
  description: "Asks whether one may do something oneself. Answered at once; not stored.",
  fields,
  verbs: ["create"],
});
