import { defineKind } from "../../../define.ts";
import type { KubeObject } from "../../../meta.ts";
import { array, boolean, object, required, string, type Infer } from "../../../schema.ts";

const api = "io.k8s.api.authorization.v1";
const verbs = required(array(string("Verb."), "What may be done."));

const resourceRule = object(
  "What may be done with objects.",
  {
    verbs,
    apiGroups: array(string("Group."), "Groups, or *."),
    resources: array(string("Resource."), "Resources, or *."),
    resourceNames: array(string("Name."), "Names of objects; empty means all."),
  },
  { name: `${api}.ResourceRule` },
);

const nonResourceRule = object(
  "What may be done outside the objects.",
  { verbs, nonResourceURLs: array(string("Path."), "Paths; * at the end means all below.") },
  { name: `${api}.NonResourceRule` },
);

const fields = {
  spec: required(
    object(
      "Where.",
      { namespace: string("Namespace that is asked about.") },
      { name: `${api}.SelfSubjectRulesReviewSpec` },
    ),
  ),
  status: object(
    "All that one may do there.",
    {
      resourceRules: required(array(resourceRule, "With objects.")),
      nonResourceRules: required(array(nonResourceRule, "Outside the objects.")),
      incomplete: required(boolean("Whether there may be more.")),
      evaluationError: string("What went wrong in finding out."),
    },
    { name: `${api}.SubjectRulesReviewStatus` },
  ),
};
const schema = object("", fields);
export interface SelfSubjectRulesReview extends KubeObject, Infer<typeof schema> {}

export const selfSubjectRulesReview = defineKind<SelfSubjectRulesReview>({
  group: "authorization.k8s.io",
  version: "v1",
  kind: "SelfSubjectRulesReview",
  plural: "selfsubjectrulesreviews",
  namespaced: false,
  description: "Asks what one may do oneself in a namespace. Answered at once; not stored.",
  fields,
  verbs: ["create"],
});
