import { defineKind } from "../../../define.ts";
import type { KubeObject } from "../../../meta.ts";
import { array, boolean, object, type Infer } from "../../../schema.ts";
import { localObjectReference, objectReference } from "../references.ts";

const fields = {
  secrets: array(objectReference, "Secrets that pods of the account may use.", { mergeKey: "name" }),
  imagePullSecrets: array(localObjectReference, "Secrets with credentials of registries."),
  automountServiceAccountToken: boolean("Whether pods get a token of the account."),
};

const schema = object("", fields);
export interface ServiceAccount extends KubeObject, Infer<typeof schema> {}

export const serviceAccount = defineKind<ServiceAccount>({
  group: "",
  version: "v1",
  kind: "ServiceAccount",
  plural: "serviceaccounts",
  shortNames: ["sa"],
  description: "An identity for programs that run in pods.",
  fields,
  subresources: [
    {
      name: "token",
      verbs: ["create"],
      body: { group: "authentication.k8s.io", version: "v1", kind: "TokenRequest" },
    },
  ],
  columns: [
    {
      name: "Secrets",
      type: "string",
      description: "How many secrets the account names.",
      value: ({ secrets }) => String(secrets?.length ?? 0),
    },
  ],
});
