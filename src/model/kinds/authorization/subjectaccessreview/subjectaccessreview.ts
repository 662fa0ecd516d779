import { defineKind } from "../../../define.ts";
import type { KubeObject } from "../../../meta.ts";
import { object, required, type Infer } from "../../../schema.ts";
import { accessStatus, subjectFields } from "../access.ts";

const fields = {
  spec: required(
    object("What is asked about whom.", subjectFields, {
      name: "io.k8s.api.authorization.v1.SubjectAccessReviewSpec",
    }),
  ),
  status: accessStatus,
};
const schema = object("", fields);
export interface SubjectAccessReview extends KubeObject, Infer<typeof schema> {}

export const subjectAccessReview = defineKind<SubjectAccessReview>({
  group: "authorization.k8s.io",
  version: "v1",
  kind: "SubjectAccessReview",
  plural: "subjectaccessreviews",
  namespaced: false,
  description: "Asks whether a user may do something. Answered at once; not stored.",
  fields,
  verbs: ["create"],
});
