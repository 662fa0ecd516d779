import { defineKind } from "../../../define.ts";
import type { KubeObject } from "../../../meta.ts";
import { object, required, type Infer } from "../../../schema.ts";
import { podColumns } from "./columns.ts";
import { applyPodDefaults } from "./defaults.ts";
import { podSpec } from "./pod-spec.ts";
import { podStatus } from "./pod-status.ts";
import { qosClass } from "./qos-class.ts";
import { podSpecErrors } from "./validate-pod-spec.ts";
import { podSpecUpdateErrors } from "./validate-update.ts";

const fields = { spec: required(podSpec), status: podStatus };

const schema = object("", fields);
export interface Pod extends KubeObject, Infer<typeof schema> {}

export const pod = defineKind<Pod>({
  group: "",
  version: "v1",
  kind: "Pod",
  plural: "pods",
  shortNames: ["po"],
  categories: ["all"],
  description: "Containers that run together on one node and share an address.",
  fields,
  selectableFields: {
    "spec.nodeName": ({ spec }) => spec.nodeName ?? "",
    "spec.restartPolicy": ({ spec }) => spec.restartPolicy ?? "",
    "spec.schedulerName": ({ spec }) => spec.schedulerName ?? "",
    "spec.serviceAccountName": ({ spec }) => spec.serviceAccountName ?? "",
    "spec.hostNetwork": ({ spec }) => String(spec.hostNetwork === true),
    "status.phase": ({ status }) => status?.phase ?? "",
    "status.podIP": ({ status }) => status?.podIP ?? "",
    "status.nominatedNodeName": ({ status }) => status?.nominatedNodeName ?? "",
  },
  columns: podColumns,
  applyDefaults: applyPodDefaults,
  specStandsAlone: true,
  initialStatus: ({ spec }) => ({ phase: "Pending", qosClass: qosClass(spec) }),
  validate: ({ spec }) => podSpecErrors(spec, "spec"),
  validateUpdate: (next, previous) => podSpecUpdateErrors(next.spec, previous.spec),
  // A pod that no node has, or that has ended, has nothing left to stop.
  deletionGraceSeconds: ({ spec, status }) => {
    if ((spec.nodeName ?? "") === "" || status?.phase === "Succeeded" || status?.phase === "Failed") return 0;
    return spec.terminationGracePeriodSeconds ?? 30;
  },
  subresources: [
    { name: "log", verbs: ["get"] },
    { name: "exec", verbs: ["create", "get"], body: { group: "", version: "v1", kind: "PodExecOptions" } },
    {
      name: "attach",
      verbs: ["create", "get"],
      body: { group: "", version: "v1", kind: "PodAttachOptions" },
    },
    {
      name: "portforward",
      verbs: ["create", "get"],
      body: { group: "", version: "v1", kind: "PodPortForwardOptions" },
    },
    { name: "binding", verbs: ["create"], body: { group: "", version: "v1", kind: "Binding" } },
    { name: "eviction", verbs: ["create"], body: { group: "policy", version: "v1", kind: "Eviction" } },
  ],
});
