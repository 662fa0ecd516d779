/** Which template a command means, and the values of its parameters. */

import { findObject } from "../client/find-object.ts";
import { randomInt } from "node:crypto";
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import type { Client } from "../client/client.ts";
import { fieldErrorText } from "../model/field-error.ts";
import { template as templateKind, type Template } from "../model/kinds/template/template/template.ts";
import type { KubeObject } from "../model/meta.ts";
import { processTemplate } from "../model/process-template.ts";
import { UsageError, type CommandContext, type Option } from "./command.ts";
import { DotenvError, parseDotenv } from "./config/dotenv.ts";
import { columns } from "./format.ts";
import { fileOption, manifestsOf } from "./manifests.ts";

/** Where templates that all may use are. */
export const sharedNamespace = "openshift";

export const templateOptions: readonly Option[] = [
  fileOption,
  {
    name: "param",
    short: "p",
    type: "string",
    value: "NAME=VALUE",
    multiple: true,
    description: "Value of a parameter. May be given several times.",
  },
  {
    name: "param-file",
    type: "string",
    value: "FILE",
    description: "Values of parameters, a line NAME=VALUE each.",
  },
];

/** Of `--filename`, or by name: in the namespace, else among those that all may use. */
export async function findTemplate(context: CommandContext, name: string | undefined): Promise<Template> {
  if (context.texts("filename").length > 0) return await templateInFile(context);
  if (name === undefined)
    throw new UsageError(
      "no template is named",
      `Those that there are: nagi get templates -n ${sharedNamespace}`,
    );
  const found = await lookUpTemplate(context, name);
  if (found !== undefined) return found;
  throw new UsageError(
    `there is no template ${name} in namespace ${await context.namespace()}, nor in ${sharedNamespace}`,
    `Those that there are: nagi get templates -n ${sharedNamespace}`,
  );
}

export async function lookUpTemplate(context: CommandContext, name: string): Promise<Template | undefined> {
  const client = await context.client();
  return (
    (await getTemplate(client, await context.namespace(), name)) ??
    (await getTemplate(client, sharedNamespace, name))
  );
}

async function getTemplate(client: Client, namespace: string, name: string): Promise<Template | undefined> {
  return await findObject(client, templateKind, { namespace, name });
}

async function templateInFile(context: CommandContext): Promise<Template> {
  const [only, ...more] = await manifestsOf(context);
  if (only?.kind === "Template" && more.length === 0) return only as Template;
  const kinds = [only, ...more].map((each) => each?.kind).join(", ");
  throw new UsageError(`the file must hold one Template, and holds ${kinds}`);
}

/** The template with its parameters filled in. */
export function fillTemplate(context: CommandContext, template: Template): Template {
  const processed = processTemplate(template, valuesOf(context), randomInt);
  if (processed.ok) return processed.template;
  const problems = processed.errors.map((error) => `${error.path}: ${fieldErrorText(error)}`);
  throw new UsageError(
    `cannot process template ${template.metadata.name ?? ""}:\n  ${problems.join("\n  ")}`,
    `Give values with --param NAME=VALUE. What there is: nagi process ${template.metadata.name ?? "-f FILE"} --parameters`,
  );
}

/** With a place of their own only where the template says so. */
export async function objectsOf(context: CommandContext, template: Template): Promise<KubeObject[]> {
  const namespace = await context.namespace();
  return template.objects.map((each) => {
    const object = each as unknown as KubeObject;
    return { ...object, metadata: { namespace, ...object.metadata } };
  });
}

function valuesOf(context: CommandContext): Record<string, string> {
  const values: Record<string, string> = {};
  const file = context.text("param-file");
  if (file !== undefined) Object.assign(values, valuesInFile(resolve(context.host.cwd, file)));
  for (const text of context.texts("param")) {
    const at = text.indexOf("=");
    if (at < 1)
      throw new UsageError(
        `--param is ${JSON.stringify(text)}: must be NAME=VALUE`,
        "For instance: --param NAME=shop",
      );
    values[text.slice(0, at)] = text.slice(at + 1);
  }
  return values;
}

function valuesInFile(path: string): Record<string, string> {
  try {
    return { ...parseDotenv(readFileSync(path, "utf8"), path) };
  } catch (error) {
    if (error instanceof DotenvError) throw new UsageError(error.message);
    throw new UsageError(`cannot read ${path}: ${error instanceof Error ? error.message : String(error)}`);
  }
}

export function parametersText({ parameters = [] }: Template): string {
  const rows = parameters.map(
    ({ name, displayName = "", value = "", generate = "", from = "", required }) => [
      name,
      required === true ? "yes" : "",
      value === "" && generate === "expression" ? `generated: ${from}` : value,
      displayName,
    ],
  );
  return `${columns([["NAME", "REQUIRED", "VALUE", "WHAT IT IS"], ...rows])}\n`;
}
