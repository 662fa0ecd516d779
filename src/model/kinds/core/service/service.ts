import { defineKind } from "../../../define.ts";
import type { KubeObject } from "../../../meta.ts";
import { checkDnsServiceName } from "../../../names.ts";
import { object, required, type Infer } from "../../../schema.ts";
import { serviceColumns } from "./columns.ts";
import { applyServiceDefaults } from "./defaults.ts";
import { serviceSpec, serviceStatus } from "./service-spec.ts";
import { serviceSpecErrors, serviceUpdateErrors } from "./validate-service.ts";

const fields = { spec: required(serviceSpec), status: serviceStatus };
const schema = object("", fields);
export interface Service extends KubeObject, Infer<typeof schema> {}
export type { ServicePort, ServiceSpec } from "./service-spec.ts";

export const service = defineKind<Service>({
  group: "",
  version: "v1",
  kind: "Service",
  plural: "services",
  shortNames: ["svc"],
  categories: ["all"],
  description: "One address and name for a changing set of pods.",
  fields,
  checkName: checkDnsServiceName,
  columns: serviceColumns,
  applyDefaults: applyServiceDefaults,
  validate: ({ spec }) => serviceSpecErrors(spec, "spec"),
  validateUpdate: (next, previous) => serviceUpdateErrors(next.spec, previous.spec),
  selectableFields: {
    "spec.clusterIP": ({ spec }) => spec.clusterIP ?? "",
    "spec.type": ({ spec }) => spec.type ?? "",
  },
});
