/** Fills in a template's parameters, for clients that leave it to the server (`oc process`). */

import { randomInt } from "node:crypto";
import { processedTemplate } from "../../../model/kinds/template/processedtemplate/processedtemplate.ts";
import type { Template } from "../../../model/kinds/template/template/template.ts";
import { processTemplate } from "../../../model/process-template.ts";
import { invalid } from "../api-errors.ts";
import type { ActionCall } from "./action.ts";

export async function processedTemplateOf({ namespace, body }: ActionCall): Promise<Template> {
  const given = body as unknown as Template;
  const processed = processTemplate(given, {}, randomInt);
  if (!processed.ok) throw invalid(processedTemplate, given.metadata.name ?? "", processed.errors);
  return { ...processed.template, metadata: { ...given.metadata, namespace } };
}
