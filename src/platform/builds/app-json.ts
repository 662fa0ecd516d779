/**
 * The source's app.json, as Heroku has it: what the app wants of the platform. Pure: text in, manifest and notices
 * out. What Nagi does not have is told, never passed over in silence; what is only for people to read is left alone.
 */

import { isJsonObject } from "../../model/json.ts";
import { listAt, mapAt, needed, objectAt, optional, Problem, shown } from "./app-json-fields.ts";
import { readCron } from "./app-json-cron.ts";
import { readHealthchecks } from "./app-json-checks.ts";
import { readDeploy } from "./app-json-deploy.ts";
import type { BuildStatus } from "../../model/kinds/build/build/build.ts";
import { checkProcessType } from "../../model/kinds/nagi/app-names.ts";

export type Manifest = NonNullable<BuildStatus["manifest"]>;

export type ManifestResult =
  | { readonly ok: true; readonly manifest: Manifest; readonly notices: readonly string[] }
  /** Names the field, what is there and what is allowed. */
  | { readonly ok: false; readonly message: string };

export const manifestPath = "app.json";

const variableName = /^[A-Za-z_][A-Za-z0-9_]*$/;
/** For people, and for Heroku's own pages. */
const silent: readonly string[] = [
  "$schema",
  "name",
  "description",
  "keywords",
  "website",
  "repository",
  "logo",
  "success_url",
];
const used: readonly string[] = [
  "env",
  "formation",
  "addons",
  "buildpacks",
  "scripts",
  "healthchecks",
  "cron",
  "deploy",
];
const unavailable: Readonly<Record<string, string>> = {
  stack: "Nagi builds on its own platforms: nagi platforms",
  image: "an image is deployed with nagi deploy --image",
  environments: "there are no review apps and CI of app.json",
};
const scripts: readonly string[] = ["postdeploy", "pr-predestroy"];

export function readManifest(text: string): ManifestResult {
  try {
    const root = objectAt(parse(text), "");
    const notices = [...ignoredFields(root)];
    const addons = listAt(root["addons"], "addons").map(readAddon);
    const manifest: Manifest = {
      env: mapAt(root["env"], "env", readVariable),
      formation: mapAt(root["formation"], "formation", readFormation),
      healthchecks: readHealthchecks(root["healthchecks"], notices),
      cron: readCron(root["cron"]),
      deploy: readDeploy(root["deploy"]),
      addons,
      buildpacks: listAt(root["buildpacks"], "buildpacks").map(readBuildpack),
      postdeploy: readPostdeploy(root["scripts"], notices),
    };
    return { ok: true, manifest: withoutEmpty(manifest), notices };
  } catch (error) {
    if (error instanceof Problem) return { ok: false, message: `app.json: ${error.message}` };
    throw error;
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text.replace(/^\uFEFF/, ""));
  } catch (error) {
    throw new Problem(`is not JSON: ${(error as Error).message}`);
  }
}

function* ignoredFields(root: Readonly<Record<string, unknown>>): Generator<string> {
  for (const name of Object.keys(root)) {
    if (silent.includes(name) || used.includes(name)) continue;
    yield `${name} is ignored: ${unavailable[name] ?? "Nagi does not know this field"}`;
  }
}

function readVariable(given: unknown, path: string, name: string): NonNullable<Manifest["env"]>[string] {
  if (!variableName.test(name))
    throw new Problem(`${path} is not a name of a variable: letters, digits and _ only, no digit first`);
  if (typeof given === "string") return { value: given, required: true };
  const { value, generator, required, description } = objectAt(given, path, "a string or an object");
  if (generator !== undefined && generator !== "secret")
    throw new Problem(`${path}.generator is ${shown(generator)}: must be "secret"`);
  return {
    value: optional(value, `${path}.value`, "string"),
    generator,
    required: optional(required, `${path}.required`, "boolean") ?? true,
    description: optional(description, `${path}.description`, "string"),
  };
}

function readFormation(
  given: unknown,
  path: string,
  name: string,
): NonNullable<Manifest["formation"]>[string] {
  const problem = checkProcessType(name);
  if (problem !== undefined) throw new Problem(`${path} is not a process type: it ${problem}`);
  const { quantity, size } = objectAt(given, path);
  const count = optional(quantity, `${path}.quantity`, "number");
  if (count !== undefined && (!Number.isInteger(count) || count < 0))
    throw new Problem(`${path}.quantity is ${count}: must be a whole number, 0 or more`);
  return { quantity: count, size: optional(size, `${path}.size`, "string") };
}

function readAddon(given: unknown, index: number): NonNullable<Manifest["addons"]>[number] {
  const path = `addons[${index}]`;
  if (typeof given === "string") return { plan: given };
  const { plan, as } = objectAt(given, path, "a string or an object");
  return { plan: needed(plan, `${path}.plan`), as: optional(as, `${path}.as`, "string") };
}

function readBuildpack(given: unknown, index: number): NonNullable<Manifest["buildpacks"]>[number] {
  const path = `buildpacks[${index}]`;
  return { url: needed(objectAt(given, path)["url"], `${path}.url`) };
}

function readPostdeploy(given: unknown, notices: string[]): string | undefined {
  if (given === undefined) return undefined;
  const found = objectAt(given, "scripts");
  for (const name of Object.keys(found)) {
    if (name === "pr-predestroy") notices.push("scripts.pr-predestroy is ignored: there are no review apps");
    else if (!scripts.includes(name))
      notices.push(`scripts.${name} is ignored: Nagi does not know this script`);
  }
  const { postdeploy } = found;
  if (postdeploy === undefined) return undefined;
  const command = isJsonObject(postdeploy) ? postdeploy["command"] : postdeploy;
  return needed(command, isJsonObject(postdeploy) ? "scripts.postdeploy.command" : "scripts.postdeploy");
}

function withoutEmpty(manifest: Manifest): Manifest {
  const isFull = (value: unknown): boolean =>
    value !== undefined && !(typeof value === "object" && value !== null && Object.keys(value).length === 0);
  return Object.fromEntries(Object.entries(manifest).filter(([, value]) => isFull(value)));
}

/** What the manifest wants to be set before the app can run, in words; undefined when all is there. */
export function missingVariables(manifest: Manifest, present: readonly string[]): string | undefined {
  const missing = Object.entries(manifest.env ?? {}).filter(
    ([name, { value, generator, required }]) =>
      required === true && value === undefined && generator === undefined && !present.includes(name),
  );
  if (missing.length === 0) return undefined;
  const told = missing.map(([name, { description }]) =>
    description === undefined ? name : `${name} (${description})`,
  );
  const set = missing.map(([name]) => `${name}=...`).join(" ");
  return `app.json wants config vars that the app does not have: ${told.join(", ")}. Set them and push again: nagi config set ${set}`;
}
