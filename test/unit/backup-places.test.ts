/** Data of backups on disk and in a bucket: all of it under its name, or nothing. */

import { execFile } from "node:child_process";
import { createHash, randomBytes } from "node:crypto";
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { checkData, type DataPlace } from "../../src/platform/addons/backups/data-place.ts";
import { DiskPlace } from "../../src/platform/addons/backups/disk-place.ts";
import { S3Bucket } from "../../src/platform/addons/backups/s3-bucket.ts";
import { S3Place } from "../../src/platform/addons/backups/s3-place.ts";
import { S3Server } from "../harness/s3-server.ts";

const { signal } = new AbortController();
const name = "default/db-1.dump";
const directory = mkdtempSync(join(tmpdir(), "nagi-backups-"));
let server: S3Server;

beforeAll(async () => {
  server = await S3Server.start();
});
afterAll(async () => {
  await server.stop();
  rmSync(directory, { recursive: true });
});

const bucket = (change: { secretAccessKey?: string; bucket?: string } = {}): S3Bucket => {
  const { endpoint, region, accessKeyId } = server;
  const secretAccessKey = change.secretAccessKey ?? server.secretAccessKey;
  const s3 = { endpoint, region, bucket: change.bucket ?? server.bucket, prefix: "nagi/a b", secret: "s" };
  return new S3Bucket(s3, { accessKeyId, secretAccessKey }, { ca: "", proxies: {} });
};
const places: Readonly<Record<string, () => DataPlace>> = {
  disk: () => new DiskPlace(directory),
  S3: () => new S3Place(bucket()),
};
const left = (): string[] => [
  ...server.objects.keys(),
  ...readdirSync(directory, { recursive: true }).map(String),
];

describe.each(Object.keys(places))("on %s", (where) => {
  const place = (): DataPlace => places[where]?.() ?? new DiskPlace(directory);
  const read = async (): Promise<Buffer> => {
    const chunks: Uint8Array[] = [];
    for await (const chunk of place().read(name, signal)) chunks.push(chunk);
    return Buffer.concat(chunks);
  };

  it("gives back what was kept, small and in several parts, until it is removed", async () => {
    for (const size of [1, 21 * 1024 * 1024]) {
      const data = randomBytes(size);
      const kept = await place().keep(name, async (write) => {
        // As chunks of a session come: of any size, in memory that is used again.
        for (let at = 0; at < size; at += 300_000) await write(data.subarray(at, at + 300_000));
      });
      expect(kept).toEqual({ sizeBytes: size, sha256: createHash("sha256").update(data).digest("hex") });
      expect((await read()).equals(data)).toBe(true);
      await checkData(place(), name, kept, signal);
    }
    await place().remove(name);
    await place().remove(name);
    await expect(read()).rejects.toThrow(/NoSuchKey|ENOENT/);
    expect(left().filter((each) => each.includes("db-1"))).toEqual([]);
  });

  it("leaves nothing of what was cut short", async () => {
    const cut = place().keep(name, async (write) => {
      for (let part = 0; part < 3; part += 1) await write(randomBytes(9 * 1024 * 1024));
      throw new Error("the session was cut off");
    });
    await expect(cut).rejects.toThrow("the session was cut off");
    expect(left().filter((each) => each.includes("db-1"))).toEqual([]);
    expect(server.uploads.size).toBe(0);
  });
});

it("notices what was changed on disk", async () => {
  const place = new DiskPlace(directory);
  const kept = await place.keep(name, async (write) => await write(Buffer.from("rows")));
  writeFileSync(join(directory, name), "rowz");
  await expect(checkData(place, name, kept, signal)).rejects.toThrow(`${name} is not what was backed up`);
  expect(() => place.read("../../etc/passwd", signal)).toThrow("is no name of a backup");
});

it("says what a store answers that takes nothing", async () => {
  await expect(bucket({ secretAccessKey: "wrong" }).probe()).rejects.toThrow(
    "cannot write nagi-probe in the store: 403 SignatureDoesNotMatch: The signature is not that of the key",
  );
  await expect(bucket({ bucket: "other" }).probe()).rejects.toThrow("404 NoSuchBucket");
  server.refuseWrites = 403;
  await expect(bucket().probe()).rejects.toThrow("403 QuotaExceeded: The bucket is full");
  server.refuseWrites = undefined;
  await bucket().probe();
  expect(left()).not.toContain("nagi/a b/nagi-probe");
});

it("is a server that curl's signatures are good for, too", async () => {
  const curl = async (secret: string): Promise<string> => {
    const signing = [
      "--aws-sigv4",
      `aws:amz:${server.region}:s3`,
      "--user",
      `${server.accessKeyId}:${secret}`,
    ];
    const empty = createHash("sha256").update("").digest("hex");
    const url = `${server.endpoint}/${server.bucket}/nothing`;
    const hashed = ["-H", `x-amz-content-sha256: ${empty}`];
    return (await promisify(execFile)("curl", ["-s", ...signing, ...hashed, url])).stdout;
  };
  expect(await curl(server.secretAccessKey)).toContain("NoSuchKey");
  expect(await curl("wrong")).toContain("SignatureDoesNotMatch");
});
