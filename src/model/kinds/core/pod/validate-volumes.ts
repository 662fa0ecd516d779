/** Rules of volumes. */

import {
  duplicates,
  forbidden,
  invalid,
  invalidIf,
  required,
  type FieldError,
} from "../../../field-error.ts";
import { checkDnsLabel } from "../../../names.ts";
import { checkQuantity, compareQuantities } from "../../../quantity.ts";
import { claimSpecErrors } from "../persistentvolumeclaim/validate-claim.ts";
import { relativePathErrors, resourceRefErrors, upwardErrors, volumeFieldErrors } from "./validate-env.ts";
import type { DownwardAPIVolumeFile, KeyToPath, ProjectedVolumeSource } from "./volume-files.ts";
import { volumeSources, type Volume } from "./volume.ts";

export function volumesErrors(volumes: readonly Volume[], path: string): FieldError[] {
  return [
    ...volumes.flatMap((volume, index) => volumeErrors(volume, `${path}[${index}]`)),
    ...duplicates(
      volumes.map(({ name }) => name),
      (index) => `${path}[${index}].name`,
    ),
  ];
}

function volumeErrors(volume: Volume, path: string): FieldError[] {
  const given = Object.keys(volumeSources).filter((source) => volume[source as keyof Volume] !== undefined);
  const errors = invalidIf(
    volume.name === "" ? undefined : checkDnsLabel(volume.name),
    `${path}.name`,
    volume.name,
  );
  if (given.length === 0) errors.push(required(path, "must specify a volume type"));
  for (const extra of given.slice(1)) {
    errors.push(forbidden(`${path}.${extra}`, "may not specify more than 1 volume type"));
  }
  return [...errors, ...sourceErrors(volume, path)];
}

function sourceErrors(volume: Volume, path: string): FieldError[] {
  const { emptyDir, hostPath, configMap, secret, downwardAPI, projected } = volume;
  const errors: FieldError[] = [];
  const { sizeLimit } = emptyDir ?? {};
  if (
    sizeLimit !== undefined &&
    checkQuantity(sizeLimit) === undefined &&
    compareQuantities(sizeLimit, "0") < 0
  ) {
    errors.push(forbidden(`${path}.emptyDir.sizeLimit`, "SizeLimit field must be a valid resource quantity"));
  }
  if (hostPath !== undefined) errors.push(...upwardErrors(hostPath.path, `${path}.hostPath.path`));
  if (configMap !== undefined) {
    if ((configMap.name ?? "") === "") errors.push(required(`${path}.configMap.name`));
    errors.push(...itemErrors(configMap.items, `${path}.configMap.items`));
  }
  if (secret !== undefined) {
    if ((secret.secretName ?? "") === "") errors.push(required(`${path}.secret.secretName`));
    errors.push(...itemErrors(secret.items, `${path}.secret.items`));
  }
  if (downwardAPI !== undefined)
    errors.push(...downwardErrors(downwardAPI.items, `${path}.downwardAPI.items`));
  if (projected !== undefined) errors.push(...projectedErrors(projected, `${path}.projected`));
  return [...errors, ...diskErrors(volume, path)];
}

/** What must not be empty in sources that name storage. */
function diskErrors(volume: Volume, path: string): FieldError[] {
  const { iscsi, rbd, ephemeral } = volume;
  const errors = named({
    [`${path}.persistentVolumeClaim.claimName`]: volume.persistentVolumeClaim?.claimName,
    [`${path}.gcePersistentDisk.pdName`]: volume.gcePersistentDisk?.pdName,
    [`${path}.awsElasticBlockStore.volumeID`]: volume.awsElasticBlockStore?.volumeID,
    [`${path}.csi.driver`]: volume.csi?.driver,
    [`${path}.rbd.image`]: rbd?.image,
    [`${path}.iscsi.targetPortal`]: iscsi?.targetPortal,
    [`${path}.iscsi.iqn`]: iscsi?.iqn,
  });
  if (iscsi !== undefined && iscsi.iqn !== "" && !/^(iqn|eui|naa)\./.test(iscsi.iqn)) {
    errors.push(invalid(`${path}.iscsi.iqn`, iscsi.iqn, "must be valid format"));
  }
  if (ephemeral === undefined) return errors;
  const { volumeClaimTemplate: template } = ephemeral;
  const at = `${path}.ephemeral.volumeClaimTemplate`;
  if (template === undefined) return [...errors, required(at)];
  return [...errors, ...claimSpecErrors(template.spec, `${at}.spec`)];
}

function named(names: Readonly<Record<string, string | undefined>>): FieldError[] {
  return Object.entries(names).flatMap(([path, name]) => (name === "" ? [required(path)] : []));
}

function itemErrors(items: readonly KeyToPath[] | undefined, path: string): FieldError[] {
  return (items ?? []).flatMap((item, index) => relativePathErrors(item.path, `${path}[${index}].path`));
}

function downwardErrors(items: readonly DownwardAPIVolumeFile[] | undefined, path: string): FieldError[] {
  return (items ?? []).flatMap((item, index) => {
    const at = `${path}[${index}]`;
    const errors = relativePathErrors(item.path, `${at}.path`);
    const { fieldRef, resourceFieldRef } = item;
    if (fieldRef === undefined && resourceFieldRef === undefined) {
      errors.push(required(at, "one of fieldRef and resourceFieldRef is required"));
    } else if (fieldRef !== undefined && resourceFieldRef !== undefined) {
      errors.push(
        invalid(at, "resource", "fieldRef and resourceFieldRef can not be specified simultaneously"),
      );
    }
    if (fieldRef !== undefined) errors.push(...volumeFieldErrors(fieldRef.fieldPath, `${at}.fieldRef`));
    if (resourceFieldRef !== undefined) {
      errors.push(...resourceRefErrors(resourceFieldRef, `${at}.resourceFieldRef`));
      if ((resourceFieldRef.containerName ?? "") === "")
        errors.push(required(`${at}.resourceFieldRef.containerName`));
    }
    return errors;
  });
}

function projectedErrors({ sources = [] }: ProjectedVolumeSource, path: string): FieldError[] {
  return sources.flatMap((source, index) => {
    const at = `${path}.sources[${index}]`;
    const given = Object.keys(source);
    const errors = given
      .slice(1)
      .map((name) => forbidden(`${at}.${name}`, "may not specify more than 1 volume type"));
    if (given.length === 0) errors.push(required(at, "must specify a volume source"));
    if (source.configMap !== undefined && (source.configMap.name ?? "") === "")
      errors.push(required(`${at}.configMap.name`));
    if (source.secret !== undefined && (source.secret.name ?? "") === "")
      errors.push(required(`${at}.secret.name`));
    return [
      ...errors,
      ...itemErrors(source.configMap?.items, `${at}.configMap.items`),
      ...itemErrors(source.secret?.items, `${at}.secret.items`),
      ...downwardErrors(source.downwardAPI?.items, `${at}.downwardAPI.items`),
    ];
  });
}
