/** Variables of a build with their values: those of Secrets, ConfigMaps and the build's own fields are looked up. */

import { decodeText } from "../../../lib/base64.ts";
import type { Client } from "../../../client/client.ts";
import type { Build } from "../../../model/kinds/build/build/build.ts";
import { configMap } from "../../../model/kinds/core/configmap/configmap.ts";
import type { EnvVar } from "../../../model/kinds/core/pod/container.ts";
import { secret } from "../../../model/kinds/core/secret/secret.ts";
import { isNotFound } from "../../../model/status.ts";
import { BuildFailure } from "../failure.ts";

const identifier = /^[A-Za-z_]\w*$/;

/** Throws a BuildFailure that names the field. */
export async function valuesOf(
  env: readonly EnvVar[],
  path: string,
  { client, build }: { readonly client: Client; readonly build: Build },
): Promise<EnvVar[]> {
  const values: EnvVar[] = [];
  for (const [index, { name, value = "", valueFrom }] of env.entries()) {
    if (!identifier.test(name)) {
      const rule = "must have letters, digits and _ only, and not begin with a digit";
      throw new BuildFailure("GenericBuildFailed", `${path}[${index}].name: ${JSON.stringify(name)} ${rule}`);
    }
    if (valueFrom === undefined) values.push({ name, value });
    else {
      const found = await lookUp(valueFrom, `${path}[${index}].valueFrom`, { client, build });
      if (found !== undefined) values.push({ name, value: found });
    }
  }
  return values;
}

type ValueFrom = NonNullable<EnvVar["valueFrom"]>;

/** Undefined for what is optional and not there. */
async function lookUp(
  { secretKeyRef, configMapKeyRef, fieldRef }: ValueFrom,
  path: string,
  { client, build }: { readonly client: Client; readonly build: Build },
): Promise<string | undefined> {
  const { namespace = "" } = build.metadata;
  if (secretKeyRef !== undefined) {
    const { name = "", key, optional } = secretKeyRef;
    const found = await orNothing(client.get(secret, { namespace, name }));
    const encoded = found?.data?.[key];
    if (encoded !== undefined) return decodeText(encoded);
    return missing(optional, `${path}.secretKeyRef: there is no entry ${key} in Secret ${name}`);
  }
  if (configMapKeyRef !== undefined) {
    const { name = "", key, optional } = configMapKeyRef;
    const found = await orNothing(client.get(configMap, { namespace, name }));
    return (
      found?.data?.[key] ??
      missing(optional, `${path}.configMapKeyRef: there is no entry ${key} in ConfigMap ${name}`)
    );
  }
  const known: Readonly<Record<string, string | undefined>> = {
    "metadata.name": build.metadata.name,
    "metadata.namespace": namespace,
    "metadata.uid": build.metadata.uid,
  };
  const value = known[fieldRef?.fieldPath ?? ""];
  if (value !== undefined) return value;
  const allowed = `secretKeyRef, configMapKeyRef, or fieldRef with ${Object.keys(known).join(", ")}`;
  throw new BuildFailure("GenericBuildFailed", `${path}: a build takes ${allowed}`);
}

function missing(optional: boolean | undefined, message: string): undefined {
  if (optional === true) return undefined;
  throw new BuildFailure("GenericBuildFailed", message);
}

async function orNothing<T>(asked: Promise<T>): Promise<T | undefined> {
  try {
    return await asked;
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
}
