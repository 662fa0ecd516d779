import { defineKind } from "../../../define.ts";
import type { Template } from "../template/template.ts";
import { templateFields } from "../template-fields.ts";

export const processedTemplate = defineKind<Template>({
  group: "template.openshift.io",
  version: "v1",
  kind: "Template",
  plural: "processedtemplates",
  singular: "processedtemplate",
  description:
    "Fills in the parameters of a template, as oc process asks for it. Answered at once; not stored.",
  fields: templateFields,
  verbs: ["create"],
});
