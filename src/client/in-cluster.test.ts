import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { inClusterConnection } from "./in-cluster.ts";

let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "nagi-account-"));
  await writeFile(join(directory, "ca.crt"), "PEM\n");
  await writeFile(join(directory, "namespace"), "kube-system");
});
afterAll(() => rm(directory, { recursive: true, force: true }));

const env = { KUBERNETES_SERVICE_HOST: "fd00::1", KUBERNETES_SERVICE_PORT: "443" };

test("is made from the environment and the files of the service account", async () => {
  await expect(inClusterConnection(env, directory)).rejects.toThrow("service account");
  await writeFile(join(directory, "token"), "t");
  expect(await inClusterConnection(env, directory)).toEqual({
    server: "https://[fd00::1]:443",
    ca: "PEM",
    namespace: "kube-system",
    tokenFile: join(directory, "token"),
  });
});

test("says that this is no pod", async () => {
  await expect(inClusterConnection({}, directory)).rejects.toThrow("does not run in a pod");
});
