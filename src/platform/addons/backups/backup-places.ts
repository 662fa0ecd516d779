/** The place that a backup's data is in: the platform's disk, or a bucket with the credentials of now. */

import type { Client } from "../../../client/client.ts";
import { findObject } from "../../../client/find-object.ts";
import { decodeEntries } from "../../../lib/base64.ts";
import { secret } from "../../../model/kinds/core/secret/secret.ts";
import type { AddonBackup } from "../../../model/kinds/nagi/addonbackup/addonbackup.ts";
import { backupStore, storeKeys } from "../../../model/kinds/nagi/backupstore/backupstore.ts";
import type { DataPlace } from "./data-place.ts";
import { DiskPlace } from "./disk-place.ts";
import { S3Bucket, type Outside } from "./s3-bucket.ts";
import { S3Place } from "./s3-place.ts";

export interface BackupPlacesOptions {
  readonly client: Client;
  /** Of the backups that stay on this machine. */
  readonly directory: string;
  readonly outside: () => Promise<Outside>;
}

/** `problem`: what is not there that leads to the place. */
export type FoundPlace = { readonly place: DataPlace } | { readonly problem: string };

export class BackupPlaces {
  readonly #options: BackupPlacesOptions;

  constructor(options: BackupPlacesOptions) {
    this.#options = options;
  }

  async find({ metadata, spec }: AddonBackup): Promise<FoundPlace> {
    if (spec.store === undefined) return { place: new DiskPlace(this.#options.directory) };
    const found = await this.bucket(metadata.namespace, spec.store);
    return "problem" in found ? found : { place: new S3Place(found.bucket) };
  }

  async get(backup: AddonBackup): Promise<DataPlace> {
    const found = await this.find(backup);
    if ("problem" in found) throw new Error(found.problem);
    return found.place;
  }

  async bucket(
    namespace: string | undefined,
    name: string,
  ): Promise<{ readonly bucket: S3Bucket } | { readonly problem: string }> {
    const { client, outside } = this.#options;
    const store = await findObject(client, backupStore, { namespace, name });
    if (store === undefined) return { problem: `there is no backup store ${name}` };
    const { s3 } = store.spec;
    const found = await findObject(client, secret, { namespace, name: s3.secret });
    if (found === undefined)
      return { problem: `the secret ${s3.secret} of backup store ${name} is not there` };
    const data = decodeEntries(found.data);
    const { [storeKeys.id]: accessKeyId = "", [storeKeys.secret]: secretAccessKey = "" } = data;
    if (accessKeyId === "" || secretAccessKey === "")
      return {
        problem: `secret ${s3.secret} of backup store ${name} must have ${storeKeys.id} and ${storeKeys.secret}`,
      };
    return { bucket: new S3Bucket(s3, { accessKeyId, secretAccessKey }, await outside()) };
  }
}
