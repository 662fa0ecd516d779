import { describe, expect, test } from "vitest";
import { deployment } from "../model/kinds/apps/deployment/deployment.ts";
import type { JsonValue } from "../model/schema.ts";
import { StatusError } from "../model/status.ts";
import { Discovery, splitTypeAndName } from "./discovery.ts";
import { FakeClient } from "./testing/fake-client.ts";

const verbs = ["get", "list", "watch"];
const answers: Record<string, JsonValue> = {
  "/api": { versions: ["v1"] },
  "/apis": {
    groups: [
      { name: "apps", versions: [{ version: "v1" }], preferredVersion: { version: "v1" } },
      {
        name: "example.com",
        versions: [{ version: "v2" }, { version: "v1" }],
        preferredVersion: { version: "v2" },
      },
    ],
  },
  "/api/v1": {
    resources: [
      {
        name: "pods",
        singularName: "pod",
        kind: "Pod",
        namespaced: true,
        shortNames: ["po"],
        categories: ["all"],
        verbs,
      },
      { name: "pods/status", kind: "Pod", namespaced: true, verbs: ["get"] },
      { name: "nodes", kind: "Node", namespaced: false, verbs },
    ],
  },
  "/apis/apps/v1": {
    resources: [
      {
        name: "deployments",
        kind: "Deployment",
        namespaced: true,
        shortNames: ["deploy"],
        categories: ["all"],
        verbs,
      },
    ],
  },
  "/apis/example.com/v2": { resources: [{ name: "pods", kind: "Pod", namespaced: true, verbs }] },
  "/apis/example.com/v1": { resources: [{ name: "olds", kind: "Old", namespaced: true, verbs }] },
};

class DiscoveredClient extends FakeClient {
  asked = 0;
  override raw(path: string): Promise<JsonValue> {
    this.asked += 1;
    const answer = answers[path];
    if (answer === undefined) return Promise.reject(new StatusError("NotFound", "no such path"));
    return Promise.resolve(answer);
  }
}

const setUp = () => {
  const client = new DiscoveredClient();
  return { client, discovery: new Discovery({ client, known: [deployment] }) };
};

describe("a word", () => {
  test.each([
    ["po", "/pods"],
    ["Pod", "/pods"],
    ["node", "/nodes"],
    ["deploy", "apps/deployments"],
    ["deployments.apps", "apps/deployments"],
    ["deployments.v1.apps", "apps/deployments"],
    ["pods.example.com", "example.com/pods"],
    ["all", "/pods apps/deployments"],
  ])("%s means %s", async (word, meant) => {
    const kinds = await setUp().discovery.resolve(word);
    expect(kinds.map(({ group, plural }) => `${group}/${plural}`).join(" ")).toBe(meant);
  });

  test("that means nothing is said to", async () => {
    const unknown = setUp().discovery.resolve("things");
    await expect(unknown).rejects.toThrow('the server doesn\'t have a resource type "things"');
  });
});

test("the server is asked once, and known kinds come with their schema", async () => {
  const { client, discovery } = setUp();
  expect((await discovery.resolve("deploy"))[0]).toBe(deployment);
  const { asked } = client;
  await discovery.resolve("pods");
  expect(client.asked).toBe(asked);
});

test("a manifest's kind is found in any version", async () => {
  const { discovery } = setUp();
  expect(await discovery.kindOf("v1", "Pod")).toMatchObject({
    plural: "pods",
    namespaced: true,
    hasStatus: true,
  });
  expect(await discovery.kindOf("example.com/v1", "Old")).toMatchObject({ plural: "olds", version: "v1" });
  const unknown = discovery.kindOf("example.com/v7", "Old");
  await expect(unknown).rejects.toThrow('no matches for kind "Old" in version "example.com/v7"');
});

test("a type and a name are told apart", () => {
  expect(splitTypeAndName("deploy/web")).toEqual({ type: "deploy", name: "web" });
  expect(splitTypeAndName("pods")).toEqual({ type: "pods" });
  for (const bad of ["a/b/c", "a/", "/b"]) expect(() => splitTypeAndName(bad)).toThrow(JSON.stringify(bad));
});
