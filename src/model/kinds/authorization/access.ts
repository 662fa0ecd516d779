/** What is asked and answered in reviews of access. */

import { array, boolean, map, object, required, string } from "../../schema.ts";

const api = "io.k8s.api.authorization.v1";

export const resourceAttributes = object(
  "An action on objects.",
  {
    namespace: string("Namespace; empty means all, or a cluster-scoped kind."),
    verb: string("get, list, watch, create, update, patch, delete, deletecollection, or *."),
    group: string("API group, or *."),
    version: string("Version, or *."),
    resource: string("Resource, for instance pods, or *."),
    subresource: string("Subresource, for instance log."),
    name: string("Name of one object; empty means all."),
  },
  { name: `${api}.ResourceAttributes`, preserveUnknown: true },
);

export const nonResourceAttributes = object(
  "A request outside the objects.",
  { path: string("Path of the request."), verb: string("HTTP method in lower case.") },
  { name: `${api}.NonResourceAttributes` },
);

export const subjectFields = {
  resourceAttributes,
  nonResourceAttributes,
  user: string("User that is asked about."),
  groups: array(string("Group."), "Groups of the user."),
  extra: map(array(string("Value."), "Values."), "What else is known of the user."),
  uid: string("Identity of the user."),
};

export const accessStatus = object(
  "Whether it is allowed.",
  {
    allowed: required(boolean("Whether it is allowed.")),
    denied: boolean("Whether it is forbidden whatever others say."),
    reason: string("Why."),
    evaluationError: string("What went wrong in finding out."),
  },
  { name: `${api}.SubjectAccessReviewStatus` },
);
