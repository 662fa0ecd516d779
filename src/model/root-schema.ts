/** The schema of a whole object: apiVersion, kind and metadata, which every kind has, and the kind's own fields. */

import { apiVersionOf, type Kind } from "./kind.ts";
import { objectMeta } from "./meta.ts";
import { string, type SchemaNode } from "./schema.ts";

const known = new WeakMap<Kind, SchemaNode>();

export function rootSchema(kind: Kind): SchemaNode {
  const present = known.get(kind);
  if (present !== undefined) return present;
  const schema: SchemaNode = {
    type: "object",
    description: kind.description,
    name: definitionName(kind),
    fields: {
      apiVersion: string(`Version of the object's form: ${apiVersionOf(kind)}.`),
      kind: string(`What the object is: ${kind.kind}.`),
      metadata: objectMeta,
      ...kind.fields,
    },
  };
  known.set(kind, schema);
  return schema;
}

/** Kubernetes' and OpenShift's own names where there are any, for instance `io.k8s.api.core.v1.Pod`. */
export function definitionName({ group, version, kind }: Pick<Kind, "group" | "version" | "kind">): string {
  const [first = "", ...rest] = group.split(".");
  const domain = rest.join(".");
  if (group === "") return `io.k8s.api.core.${version}.${kind}`;
  if (domain === "" || domain === "k8s.io") return `io.k8s.api.${first}.${version}.${kind}`;
  if (domain === "openshift.io") return `com.github.openshift.api.${first}.${version}.${kind}`;
  return `${group.split(".").toReversed().join(".")}.${version}.${kind}`;
}
