import { defineKind } from "../../../define.ts";
import type { KubeObject } from "../../../meta.ts";
import { integer, object, string, time, type Infer } from "../../../schema.ts";

const fields = {
  spec: object(
    "Who holds the lease, and until when.",
    {
      holderIdentity: string("Who holds it."),
      leaseDurationSeconds: integer("How long it holds without being renewed.", { min: 1 }),
      acquireTime: time("When it was taken."),
      renewTime: time("When it was last renewed."),
      leaseTransitions: integer("How often it changed hands.", { min: 0 }),
      strategy: string("How the holder is chosen."),
      preferredHolder: string("Who should take it next."),
    },
    { name: "io.k8s.api.coordination.v1.LeaseSpec" },
  ),
};

const schema = object("", fields);
export interface Lease extends KubeObject, Infer<typeof schema> {}

export const lease = defineKind<Lease>({
  group: "coordination.k8s.io",
  version: "v1",
  kind: "Lease",
  plural: "leases",
  description: "A claim that must be renewed: heartbeats of nodes, and who leads.",
  fields,
  columns: [
    {
      name: "Holder",
      type: "string",
      description: "Who holds it.",
      value: ({ spec }) => spec?.holderIdentity ?? "",
    },
  ],
});
