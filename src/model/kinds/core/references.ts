/** References from one object to another, shared by several kinds. */

import { boolean, object, required, string } from "../../schema.ts";

export const objectReference = object(
  "Points at an object.",
  {
    apiVersion: string("API version of the object."),
    kind: string("Kind of the object."),
    namespace: string("Namespace of the object."),
    name: string("Name of the object."),
    uid: string("UID of the object."),
    resourceVersion: string("Version of the object."),
    fieldPath: string("Part of the object, for instance spec.containers{web}."),
  },
  { name: "io.k8s.api.core.v1.ObjectReference" },
);

export const localObjectReference = object(
  "Points at an object of the same namespace.",
  { name: string("Name of the object.") },
  { name: "io.k8s.api.core.v1.LocalObjectReference" },
);

export const configMapKeySelector = object(
  "Chooses an entry of a ConfigMap.",
  {
    name: string("Name of the ConfigMap."),
    key: required(string("Key of the entry.")),
    optional: boolean("Whether the ConfigMap or its entry may be missing."),
  },
  { name: "io.k8s.api.core.v1.ConfigMapKeySelector" },
);

export const secretKeySelector = object(
  "Chooses an entry of a Secret.",
  {
    name: string("Name of the Secret."),
    key: required(string("Key of the entry.")),
    optional: boolean("Whether the Secret or its entry may be missing."),
  },
  { name: "io.k8s.api.core.v1.SecretKeySelector" },
);

export const objectFieldSelector = object(
  "Chooses a field of the pod.",
  {
    apiVersion: string("API version that the path is of.", { default: "v1" }),
    fieldPath: required(string("Path of the field, for instance metadata.name or status.podIP.")),
  },
  { name: "io.k8s.api.core.v1.ObjectFieldSelector" },
);

export const typedLocalObjectReference = object(
  "An object of the same namespace, by its kind.",
  {
    apiGroup: string("API group of the object; the core group when absent."),
    kind: required(string("Kind of the object.")),
    name: required(string("Name of the object.")),
  },
  { name: "io.k8s.api.core.v1.TypedLocalObjectReference" },
);
