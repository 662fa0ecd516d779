/** Reads a configuration of the scheduler: a KubeSchedulerConfiguration or OpenShift v3's Policy, YAML or JSON. */

import { parseAllDocuments } from "yaml";
import { messageOf } from "../../lib/errors.ts";
import { notSupported, required } from "../../model/field-error.ts";
import { isJsonObject, type JsonObject } from "../../model/json.ts";
import { ConfigError } from "./config-error.ts";
import { readKubeConfiguration } from "./kube-configuration.ts";
import type { PluginFactory } from "./plugin-factory.ts";
import { readPolicy } from "./policy-file.ts";
import { builtinPlugins } from "./registry.ts";
import type { SchedulerConfig } from "./scheduler-config.ts";

/** A larger file is no configuration. */
const MAX_LENGTH = 1_000_000;
/** Aliases in YAML may make a small text into a huge document. */
const MAX_ALIASES = 100;

export interface ReadConfigOptions {
  /** Besides the built-in ones; one of the same name takes its place. */
  readonly plugins?: readonly PluginFactory[] | undefined;
  /** Of profiles that do not name themselves, and of a Policy. */
  readonly schedulerName?: string | undefined;
}

/** Throws a ConfigError that names every field that is wrong, or an Error when the text is no document at all. */
export function readSchedulerConfig(text: string, options: ReadConfigOptions = {}): SchedulerConfig {
  const document = parseDocument(text);
  const own = options.plugins ?? [];
  const taken = new Set(own.map(({ name }) => name));
  const plugins = [...builtinPlugins.filter(({ name }) => !taken.has(name)), ...own];
  const { kind } = document;
  if (kind === "KubeSchedulerConfiguration") {
    return readKubeConfiguration(document, { plugins, schedulerName: options.schedulerName });
  }
  if (kind === "Policy") return readPolicy(document, { plugins, schedulerName: options.schedulerName });
  const kinds = ["KubeSchedulerConfiguration", "Policy"];
  const problem =
    kind === undefined
      ? required("kind", `must be one of ${kinds.join(", ")}`)
      : notSupported("kind", kind, kinds);
  throw new ConfigError("scheduler configuration", [problem]);
}

function parseDocument(text: string): JsonObject {
  if (text.length > MAX_LENGTH) {
    throw new Error(
      `cannot read the scheduler configuration: ${text.length} characters, allowed ${MAX_LENGTH}`,
    );
  }
  const documents = parseAllDocuments(text);
  const [first, second] = Array.isArray(documents) ? documents : [];
  const fault = first?.errors[0];
  if (fault !== undefined) {
    throw new Error(`cannot read the scheduler configuration: ${fault.message}`, { cause: fault });
  }
  if (second !== undefined) {
    throw new Error("cannot read the scheduler configuration: it has more than one document");
  }
  const value = plainValue(first);
  if (isJsonObject(value)) return value;
  throw new Error("cannot read the scheduler configuration: it must be an object with apiVersion and kind");
}

function plainValue(document: { toJS(options: { maxAliasCount: number }): unknown } | undefined): unknown {
  try {
    return document?.toJS({ maxAliasCount: MAX_ALIASES });
  } catch (cause) {
    throw new Error(`cannot read the scheduler configuration: ${messageOf(cause)}`, { cause });
  }
}
