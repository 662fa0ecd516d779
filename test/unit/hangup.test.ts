/** A command whose terminal goes away takes back what it has begun. */

import { spawn } from "node:child_process";
import { once } from "node:events";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startTestServer, type TestServer } from "../../src/engine/apiserver/testing/test-server.ts";
import { newObject } from "../../src/model/kind.ts";
import { pod } from "../../src/model/kinds/core/pod/pod.ts";
import { appLabel } from "../../src/model/kinds/nagi/app/app-names.ts";
import { app, type App } from "../../src/model/kinds/nagi/app/app.ts";
import { release, type Release } from "../../src/model/kinds/nagi/release/release.ts";

const program = fileURLToPath(new URL("../../src/main/entry.mjs", import.meta.url));
const namespace = "default";
let server: TestServer;
let kubeconfig: string;

beforeAll(async () => {
  server = await startTestServer();
  const { port } = await server.listen();
  const ca = Buffer.from(server.caPem).toString("base64");
  const config = {
    clusters: [
      { name: "c", cluster: { server: `https://127.0.0.1:${port}`, "certificate-authority-data": ca } },
    ],
    users: [{ name: "u", user: { token: server.server.tokenOf("admin") } }],
    contexts: [{ name: "c", context: { cluster: "c", user: "u" } }],
    "current-context": "c",
  };
  kubeconfig = join(server.directory, "kubeconfig");
  await writeFile(kubeconfig, JSON.stringify(config));
  await server.client.create(app, newObject<App>(app, { namespace, name: "shop" }, {}));
  const metadata = { namespace, name: "shop-v1", labels: { [appLabel]: "shop" } };
  const spec = { app: "shop", version: 1, image: "i", processes: {}, configSecret: "c" };
  await server.client.create(release, newObject<Release>(release, metadata, { spec }));
});

afterAll(() => server[Symbol.asyncDispose]());

test("nagi run deletes its pod when its terminal is gone", async () => {
  const words = ["run", "--kubeconfig", kubeconfig, "--app", "shop", "sleep", "1000"];
  const command = spawn(process.execPath, [program, ...words], { stdio: ["ignore", "ignore", "pipe"] });
  const [progress] = (await once(command.stderr, "data")) as [Buffer];
  expect(progress.toString()).toMatch(/^Starting shop-run-/);
  expect((await server.client.list(pod)).items).toHaveLength(1);
  command.kill("SIGHUP");
  command.kill("SIGHUP");
  expect(await once(command, "exit")).toEqual([130, null]);
  const { items } = await server.client.list(pod);
  expect(items.filter(({ metadata }) => metadata.deletionTimestamp === undefined)).toEqual([]);
});

test("output that has no place is told in a sentence", async () => {
  const line = `"${process.execPath}" "${program}" help > /dev/full`;
  const command = spawn("/bin/sh", ["-c", line], { stdio: ["ignore", "ignore", "pipe"] });
  let text = "";
  command.stderr.on("data", (chunk: Buffer) => (text += chunk.toString()));
  expect(await once(command, "close")).toEqual([1, null]);
  expect(text).toBe("error: cannot write the output: no space left on device\n");
});
