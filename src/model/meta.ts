/** What every object has. Field names and meanings are Kubernetes' (`k8s.io/apimachinery/pkg/apis/meta/v1`). */

import { array, boolean, integer, map, object, required, string, time, type Infer } from "./schema.ts";

export const ownerReference = object(
  "An object that this one belongs to: when the last owner is gone, this one is deleted.",
  {
    apiVersion: required(string("API version of the owner.")),
    kind: required(string("Kind of the owner.")),
    name: required(string("Name of the owner.")),
    uid: required(string("UID of the owner.")),
    controller: boolean("Whether this owner is the one that manages the object."),
    blockOwnerDeletion: boolean("Whether a foreground deletion of the owner waits for this object."),
  },
  { name: "io.k8s.apimachinery.pkg.apis.meta.v1.OwnerReference" },
);
export interface OwnerReference extends Infer<typeof ownerReference> {}

export const objectMeta = object(
  "Name, identity and labels of an object.",
  {
    name: string("Name, unique among objects of the kind in the namespace."),
    generateName: string("Prefix of a name that the server completes, used when no name is given."),
    namespace: string("Namespace of the object; empty for cluster-scoped kinds."),
    uid: string("Identity of this one object, never used again.", { readOnly: true }),
    resourceVersion: string("Revision of the store at which the object was last written.", {
      readOnly: true,
    }),
    generation: integer("Counts the changes of the desired state.", { readOnly: true }),
    creationTimestamp: time("When the object was created.", { readOnly: true }),
    deletionTimestamp: time("When the object is to be gone; set by a graceful deletion.", { readOnly: true }),
    deletionGracePeriodSeconds: integer("How long a graceful deletion may take.", { readOnly: true }),
    labels: map(string("Value of the label."), "Labels, for selectors."),
    annotations: map(string("Value of the annotation."), "Notes of tools and people; not for selection."),
    ownerReferences: array(ownerReference, "Objects that this one belongs to.", { mergeKey: "uid" }),
    finalizers: array(string("Name of a finalizer."), "What must be done before the object goes.", {
      mergeKey: "",
    }),
    selfLink: string("Not used; accepted because old manifests carry it."),
    managedFields: array(
      object("Ownership of fields; accepted and not kept.", {}, { preserveUnknown: true }),
      "Ownership of fields; accepted and not kept.",
    ),
  },
  { name: "io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta" },
);
export interface ObjectMeta extends Infer<typeof objectMeta> {}

/** Any object, as the store and the generic parts see it. */
export interface KubeObject {
  apiVersion: string;
  kind: string;
  metadata: ObjectMeta;
}

export const condition = object(
  "One aspect of the object's state, with the reason in words.",
  {
    type: required(string("Which aspect, in CamelCase.")),
    status: required(string("True, False or Unknown.", { enum: ["True", "False", "Unknown"] })),
    reason: string("Why, as one CamelCase word."),
    message: string("Why, as a sentence."),
    lastTransitionTime: time("When the status last changed."),
    lastUpdateTime: time("When the condition was last written."),
    lastProbeTime: time("When the condition was last checked."),
    observedGeneration: integer("Generation of the object that the condition speaks of."),
  },
  { name: "io.k8s.apimachinery.pkg.apis.meta.v1.Condition" },
);
export interface Condition extends Infer<typeof condition> {}

export interface ObjectList<T> {
  apiVersion: string;
  kind: string;
  metadata: {
    resourceVersion: string;
    continue?: string | undefined;
    remainingItemCount?: number | undefined;
  };
  items: T[];
}

export interface ObjectRef {
  /** Absent for cluster-scoped kinds. */
  readonly namespace?: string | undefined;
  readonly name: string;
}

export function refOf(object: KubeObject): ObjectRef {
  return { namespace: object.metadata.namespace, name: object.metadata.name ?? "" };
}

/** `namespace/name`, or `name` for cluster-scoped objects: the key of caches and work queues. */
export function keyOf(ref: ObjectRef): string {
  return ref.namespace === undefined || ref.namespace === "" ? ref.name : `${ref.namespace}/${ref.name}`;
}

export function refFromKey(key: string): ObjectRef {
  const slash = key.indexOf("/");
  return slash < 0 ? { name: key } : { namespace: key.slice(0, slash), name: key.slice(slash + 1) };
}

/** The owner reference that marks `owner` as the managing controller. */
export function controllerRef(owner: KubeObject): OwnerReference {
  const { name = "", uid = "" } = owner.metadata;
  return {
    apiVersion: owner.apiVersion,
    kind: owner.kind,
    name,
    uid,
    controller: true,
    blockOwnerDeletion: true,
  };
}

export function controllerOf(object: KubeObject): OwnerReference | undefined {
  return object.metadata.ownerReferences?.find((reference) => reference.controller === true);
}
