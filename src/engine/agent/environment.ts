/** A container's environment: envFrom, then env in order, values able to use what stands before them. */

import type { Container, EnvFromSource, EnvVar } from "../../model/kinds/core/pod/container.ts";
import type { Pod } from "../../model/kinds/core/pod/pod.ts";
import { ConfigError, containerOf, fieldValue, resourceValue, type PodPlace } from "./pod-fields.ts";
import type { Entries, PodObjects } from "./pod-objects.ts";
import { expandVariables } from "./variables.ts";

export interface EnvironmentInput {
  readonly pod: Pod;
  readonly container: Container;
  readonly place: PodPlace;
  readonly objects: PodObjects;
}

/** Throws a ConfigError when a reference leads nowhere and is not optional. */
export async function resolveEnvironment(input: EnvironmentInput): Promise<ReadonlyMap<string, string>> {
  const { container } = input;
  const result = new Map<string, string>();
  for (const source of container.envFrom ?? []) {
    for (const [key, value] of await entriesOf(input, source)) {
      result.set(`${source.prefix ?? ""}${key}`, value.toString());
    }
  }
  for (const variable of container.env ?? []) {
    const value = await valueOf(input, variable, result);
    if (value !== undefined) result.set(variable.name, value);
  }
  return result;
}

async function entriesOf({ pod, objects }: EnvironmentInput, source: EnvFromSource): Promise<Entries> {
  const { configMapRef, secretRef } = source;
  if (configMapRef !== undefined) {
    const entries = await objects.configMap(configMapRef.name ?? "");
    if (entries !== undefined) return entries;
    if (configMapRef.optional === true) return new Map();
    throw new ConfigError(`configmap "${configMapRef.name}" not found`);
  }
  if (secretRef === undefined) return new Map();
  const entries = await objects.secret(secretRef.name ?? "");
  if (entries !== undefined || secretRef.optional === true) return entries ?? new Map();
  throw new ConfigError(`secret "${secretRef.name}" not found in namespace ${pod.metadata.namespace}`);
}

/** Undefined leaves the variable out. */
async function valueOf(
  input: EnvironmentInput,
  variable: EnvVar,
  before: ReadonlyMap<string, string>,
): Promise<string | undefined> {
  const { pod, container, place, objects } = input;
  const { fieldRef, resourceFieldRef, configMapKeyRef, secretKeyRef } = variable.valueFrom ?? {};
  if (fieldRef !== undefined) return fieldValue(pod, place, fieldRef.fieldPath);
  if (resourceFieldRef !== undefined) {
    const { containerName } = resourceFieldRef;
    const of = containerName === undefined ? container : containerOf(pod, containerName);
    return resourceValue(of, place, resourceFieldRef);
  }
  const namespace = pod.metadata.namespace ?? "";
  if (configMapKeyRef !== undefined) {
    const { name = "", key, optional } = configMapKeyRef;
    const found = pick(await objects.configMap(name), key);
    if (typeof found === "string" || optional === true) return typeof found === "string" ? found : undefined;
    throw new ConfigError(
      found.missing === "object"
        ? `configmap "${name}" not found`
        : `couldn't find key ${key} in ConfigMap ${namespace}/${name}`,
    );
  }
  if (secretKeyRef !== undefined) {
    const { name = "", key, optional } = secretKeyRef;
    const found = pick(await objects.secret(name), key);
    if (typeof found === "string" || optional === true) return typeof found === "string" ? found : undefined;
    throw new ConfigError(
      found.missing === "object"
        ? `secret "${name}" not found`
        : `couldn't find key ${key} in Secret ${namespace}/${name}`,
    );
  }
  return expandVariables(variable.value ?? "", (name) => before.get(name));
}

function pick(entries: Entries | undefined, key: string): string | { readonly missing: "object" | "key" } {
  if (entries === undefined) return { missing: "object" };
  return entries.get(key)?.toString() ?? { missing: "key" };
}
