import { defineKind } from "../../../define.ts";
import type { KubeObject } from "../../../meta.ts";
import { object, type Infer } from "../../../schema.ts";
import { userInfo } from "../user-info.ts";

const fields = {
  status: object("Who asks.", { userInfo }, { name: "io.k8s.api.authentication.v1.SelfSubjectReviewStatus" }),
};
const schema = object("", fields);
export interface SelfSubjectReview extends KubeObject, Infer<typeof schema> {}

export const selfSubjectReview = defineKind<SelfSubjectReview>({
  group: "authentication.k8s.io",
  version: "v1",
  kind: "SelfSubjectReview",
  plural: "selfsubjectreviews",
  namespaced: false,
  description: "Asks who one is to the server. Answered at once; not stored.",
  fields,
  verbs: ["create"],
});
