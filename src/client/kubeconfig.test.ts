import { mkdtemp, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { connectionOf } from "./connection.ts";
import { addToKubeconfig, loadKubeconfig, parseKubeconfig, type Kubeconfig } from "./kubeconfig.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "nagi-kubeconfig-"));
});
afterEach(async () => {
  await rm(folder, { recursive: true });
});

const config = (name: string, user: object, cluster: object = {}): Kubeconfig => ({
  clusters: new Map([[name, { server: `https://${name}:6443/`, ...cluster }]]),
  users: new Map([[`${name}-user`, user]]),
  contexts: new Map([[name, { cluster: name, user: `${name}-user` }]]),
  currentContext: name,
});

describe("files", () => {
  test("are written so that only the owner reads them, and read back", async () => {
    const path = join(folder, "deep", "config");
    await addToKubeconfig(path, config("one", { token: "t" }));
    await addToKubeconfig(path, config("two", { token: "u" }));
    await addToKubeconfig(path, config("one", { token: "renewed" }));
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    const loaded = await loadKubeconfig([path]);
    expect(loaded.currentContext).toBe("one");
    expect([...loaded.clusters.keys()].sort()).toEqual(["one", "two"]);
    expect(await connectionOf(loaded)).toMatchObject({
      server: "https://one:6443",
      token: "renewed",
      namespace: "default",
    });
    expect((await connectionOf(loaded, "two")).token).toBe("u");
  });

  test("are merged, the first one's entries counting", async () => {
    const [one, two] = [join(folder, "one"), join(folder, "two")];
    await addToKubeconfig(one, { ...config("a", { token: "first" }), currentContext: undefined });
    await addToKubeconfig(two, config("a", { token: "second" }));
    const loaded = await loadKubeconfig([join(folder, "none"), one, two]);
    expect(loaded.currentContext).toBe("a");
    expect((await connectionOf(loaded)).token).toBe("first");
  });

  test("may name others beside them", async () => {
    await writeFile(join(folder, "ca.pem"), "AUTHORITY");
    const key = Buffer.from("KEY").toString("base64");
    const user = { "client-certificate": "ca.pem", "client-key-data": key, username: "u", password: "p" };
    await addToKubeconfig(join(folder, "config"), config("a", user, { "certificate-authority": "ca.pem" }));
    expect(await connectionOf(await loadKubeconfig([join(folder, "config")]))).toMatchObject({
      ca: "AUTHORITY",
      clientCertificate: "AUTHORITY",
      clientKey: "KEY",
      basic: { username: "u", password: "p" },
    });
  });
});

describe("what is wrong is named", () => {
  test.each([
    ["a: [", "cannot read the kubeconfig FILE"],
    ["[]", "cannot read the kubeconfig FILE: it must be a mapping"],
    ["clusters: {}", "clusters must be a list"],
    ["clusters: [{name: a, cluster: {}}]", "clusters[0].cluster.server must be given"],
    ["users: [{user: {}}]", "users[0].name must be given"],
    ["contexts: [{name: a, context: {cluster: c}}]", "contexts[0].context.user must be given"],
  ])("%s", (text, message) => {
    expect(() => parseKubeconfig(text, "FILE")).toThrow(message);
  });

  test.each<[string, Kubeconfig, string | undefined, string]>([
    ["no context", { ...config("a", {}), currentContext: undefined }, undefined, "has no current context"],
    ["unknown context", config("a", {}), "b", 'has no context "b": there is a'],
    [
      "missing user",
      { ...config("a", {}), users: new Map() },
      undefined,
      'names user "a-user", which is not there',
    ],
    ["plugin", config("a", { exec: {} }), undefined, "logs in by exec, which is not supported"],
    ["bad server", config("a", {}, { server: "nowhere" }), undefined, '"nowhere" is not a URL'],
    ["no file", config("a", { "client-key": "/none" }), undefined, "cannot read /none"],
  ])("%s", async (_what, given, context, message) => {
    await expect(connectionOf(given, context)).rejects.toThrow(message);
  });
});
