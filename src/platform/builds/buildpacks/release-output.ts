/** What bin/release of a buildpack says, as YAML. Pure. */

import { parse } from "yaml";
import { isJsonObject } from "../../../model/json.ts";
import { checkProcessType } from "../../../model/kinds/nagi/app-names.ts";

const variableName = /^[A-Za-z_][A-Za-z0-9_]*$/;

export interface ReleaseOutput {
  readonly processes: Readonly<Record<string, string>>;
  /** What config vars are where the app has none of that name. */
  readonly configVars: Readonly<Record<string, string>>;
  readonly addons: readonly string[];
}

export type ReleaseOutputResult =
  | { readonly ok: true; readonly output: ReleaseOutput }
  /** Names the field, what is there and what is allowed. */
  | { readonly ok: false; readonly message: string };

const nothing: ReleaseOutput = { processes: {}, configVars: {}, addons: [] };

export function readReleaseOutput(text: string): ReleaseOutputResult {
  let given: unknown;
  try {
    given = parse(text);
  } catch (error) {
    return no(`is not YAML: ${(error as Error).message.split("\n")[0]}`);
  }
  if (given === null || given === undefined) return { ok: true, output: nothing };
  if (!isJsonObject(given)) return no("must be a mapping, with default_process_types for instance");
  const processes = texts(given["default_process_types"], "default_process_types");
  if (typeof processes === "string") return no(processes);
  const wrong = Object.keys(processes).find((name) => checkProcessType(name) !== undefined);
  if (wrong !== undefined)
    return no(`default_process_types: ${JSON.stringify(wrong)} ${checkProcessType(wrong)}`);
  const configVars = texts(given["config_vars"], "config_vars");
  if (typeof configVars === "string") return no(configVars);
  const odd = Object.keys(configVars).find((name) => !variableName.test(name));
  if (odd !== undefined) return no(`config_vars: ${JSON.stringify(odd)} is not a name of a variable`);
  const addons = given["addons"] ?? [];
  if (!Array.isArray(addons)) return no("addons must be a list");
  return { ok: true, output: { processes, configVars, addons: addons.map(String) } };
}

function texts(given: unknown, field: string): Record<string, string> | string {
  if (given === undefined || given === null) return {};
  if (!isJsonObject(given)) return `${field} must map names to texts`;
  const found: Record<string, string> = {};
  for (const [name, value] of Object.entries(given)) {
    if (typeof value !== "string" && typeof value !== "number" && typeof value !== "boolean")
      return `${field}.${name} must be a text`;
    found[name] = String(value);
  }
  return found;
}

function no(message: string): ReleaseOutputResult {
  return { ok: false, message };
}
