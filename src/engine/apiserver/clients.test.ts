import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Client, WatchEvent } from "../../client/client.ts";
import { HttpsClient } from "../../client/https-client.ts";
import { systemClock } from "../../lib/clock.ts";
import { configMap, type ConfigMap } from "../../model/kinds/core/configmap/configmap.ts";
import { namespace, type Namespace } from "../../model/kinds/core/namespace/namespace.ts";
import { pod, type Pod } from "../../model/kinds/core/pod/pod.ts";
import { service, type Service } from "../../model/kinds/core/service/service.ts";
import { deployment, type Deployment } from "../../model/kinds/apps/deployment/deployment.ts";
import { admin, startTestServer, type TestServer } from "./testing/test-server.ts";

const nobodyUser = { username: "nobody", groups: [] };

function configMapOf(name: string, data: Record<string, string> = {}): ConfigMap {
  return { apiVersion: "v1", kind: "ConfigMap", metadata: { name, namespace: "default" }, data };
}

function podOf(name: string, labels?: Record<string, string>): Pod {
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name, namespace: "default", labels },
    spec: { containers: [{ name: "main", image: "busybox" }] },
  };
}

function serviceOf(name: string, spec: Partial<Service["spec"]> = {}): Service {
  return {
    apiVersion: "v1",
    kind: "Service",
    metadata: { name, namespace: "default" },
    spec: { ports: [{ port: 80 }], ...spec },
  };
}

async function take<T>(events: AsyncIterable<WatchEvent<T>>, count: number): Promise<WatchEvent<T>[]> {
  const taken: WatchEvent<T>[] = [];
  for await (const event of events) {
    taken.push(event);
    if (taken.length === count) break;
  }
  return taken;
}

/** One contract, whichever way a call comes: both clients must do and say the same. */
describe.each(["in process", "over HTTPS"])("%s", (way) => {
  let server: TestServer;
  let client: Client;
  let nobody: Client;
  let close: () => void = () => undefined;
  beforeAll(async () => {
    server = await startTestServer({ users: [admin, nobodyUser] });
    if (way === "in process") {
      client = server.client;
      nobody = server.server.clientFor(nobodyUser);
      return;
    }
    const { port } = await server.listen();
    const connect = (token: string) =>
      new HttpsClient({
        connection: { server: `https://127.0.0.1:${port}`, namespace: "default", ca: server.caPem, token },
        clock: systemClock,
      });
    const connected = [
      connect(server.server.tokenOf("admin")),
      connect(server.server.tokenOf("nobody")),
    ] as const;
    [client, nobody] = connected;
    close = () => connected.forEach((each) => each.close());
  });
  afterAll(async () => {
    close();
    await server[Symbol.asyncDispose]();
  });

  describe("create", () => {
    test("gives identity, defaults and a pending status", async () => {
      const made = await client.create(pod, podOf("made"));
      expect(made.metadata).toMatchObject({ name: "made", namespace: "default", generation: 1 });
      expect(made.metadata.uid).toMatch(/^[0-9a-f-]{36}$/);
      expect(made.metadata.creationTimestamp).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
      expect(made.spec).toMatchObject({ restartPolicy: "Always", serviceAccountName: "default" });
      expect(made.status).toMatchObject({ phase: "Pending", qosClass: "BestEffort" });
    });

    test("does not touch the caller's object", async () => {
      const given = podOf("untouched");
      const before = structuredClone(given);
      await client.create(pod, given);
      expect(given).toEqual(before);
    });

    test("completes generateName", async () => {
      const made = await client.create(configMap, {
        apiVersion: "v1",
        kind: "ConfigMap",
        metadata: { generateName: "gen-", namespace: "default" },
      });
      expect(made.metadata.name).toMatch(/^gen-[a-z0-9]{5}$/);
    });

    test.each([
      [
        "without a name",
        { metadata: { namespace: "default" } },
        /metadata.name: Required value: name or generateName is required/,
      ],
      [
        "in a missing namespace",
        { metadata: { name: "a", namespace: "nowhere" } },
        /namespaces "nowhere" not found/,
      ],
      [
        "with a version",
        { metadata: { name: "a", namespace: "default", resourceVersion: "1" } },
        /resourceVersion should not be set/,
      ],
      [
        "of another kind",
        { kind: "Secret", metadata: { name: "a", namespace: "default" } },
        /does not match the expected kind/,
      ],
      [
        "with a wrong name",
        { metadata: { name: "A_", namespace: "default" } },
        /ConfigMap "A_" is invalid: metadata.name/,
      ],
    ])("refuses an object %s", async (_what, part, message) => {
      const object = { apiVersion: "v1", kind: "ConfigMap", ...part } as ConfigMap;
      await expect(client.create(configMap, object)).rejects.toThrow(message);
    });

    test("refuses a name that is taken", async () => {
      await client.create(configMap, configMapOf("taken"));
      await expect(client.create(configMap, configMapOf("taken"))).rejects.toMatchObject({
        reason: "AlreadyExists",
        message: 'configmaps "taken" already exists',
      });
    });

    test("names every field that is wrong", async () => {
      const object = podOf("bad");
      object.spec.containers = [{ name: "", image: "x" }];
      await expect(client.create(pod, object)).rejects.toThrow(
        'Pod "bad" is invalid: spec.containers[0].name: Required value',
      );
    });

    test("writes nothing in a dry run", async () => {
      const made = await client.create(configMap, configMapOf("dry"), { dryRun: true });
      expect(made.metadata.uid).toBeDefined();
      await expect(client.get(configMap, { namespace: "default", name: "dry" })).rejects.toThrow(
        'configmaps "dry" not found',
      );
    });
  });

  describe("update and patch", () => {
    test("a stale version is a conflict, in Kubernetes' words", async () => {
      const made = await client.create(configMap, configMapOf("cas", { a: "1" }));
      await client.update(configMap, { ...made, data: { a: "2" } });
      await expect(client.update(configMap, { ...made, data: { a: "3" } })).rejects.toThrow(
        'Operation cannot be fulfilled on configmaps "cas": the object has been modified; please apply your changes to the latest version and try again',
      );
    });

    test("an update that changes nothing keeps the version", async () => {
      const made = await client.create(configMap, configMapOf("same", { a: "1" }));
      const again = await client.update(configMap, structuredClone(made));
      expect(again.metadata.resourceVersion).toBe(made.metadata.resourceVersion);
    });

    test("generation counts changes of spec only; status has its own way", async () => {
      const made = await client.create(deployment, {
        apiVersion: "apps/v1",
        kind: "Deployment",
        metadata: { name: "gen", namespace: "default" },
        spec: {
          selector: { matchLabels: { app: "gen" } },
          template: {
            metadata: { labels: { app: "gen" } },
            spec: { containers: [{ name: "a", image: "b" }] },
          },
        },
      } satisfies Deployment);
      const ref = { namespace: "default", name: "gen" };
      const labelled = await client.patch(deployment, ref, {
        type: "merge",
        body: { metadata: { labels: { a: "b" } }, status: { replicas: 7 } },
      });
      expect(labelled.metadata.generation).toBe(1);
      expect(labelled.status?.replicas).not.toBe(7);
      const scaled = await client.patch(deployment, ref, {
        type: "merge",
        body: { spec: { replicas: 3 } },
      });
      expect(scaled.metadata.generation).toBe(2);
      const withStatus = structuredClone({
        ...made,
        spec: { ...made.spec, replicas: 9 },
        status: { replicas: 2 },
      });
      delete withStatus.metadata.resourceVersion;
      const seen = await client.update(deployment, withStatus, { subresource: "status" });
      expect(seen.status?.replicas).toBe(2);
      expect(seen.spec.replicas).toBe(3);
    });

    test("patches of many at once are all kept", async () => {
      await client.create(configMap, configMapOf("many"));
      const ref = { namespace: "default", name: "many" };
      const keys = Array.from({ length: 20 }, (_, index) => `key-${index}`);
      await Promise.all(
        keys.map((key) => client.patch(configMap, ref, { type: "merge", body: { data: { [key]: "x" } } })),
      );
      expect(Object.keys((await client.get(configMap, ref)).data ?? {}).sort()).toEqual(keys.toSorted());
    });
  });

  describe("delete", () => {
    const ref = (name: string) => ({ namespace: "default", name });

    test("a pod without a node goes at once, one with a node waits for its agent", async () => {
      await client.create(pod, podOf("free"));
      await client.delete(pod, ref("free"));
      await expect(client.get(pod, ref("free"))).rejects.toThrow("not found");

      await client.create(pod, podOf("bound"));
      await client.post(pod, ref("bound"), "binding", { target: { kind: "Node", name: "node-1" } });
      await client.delete(pod, ref("bound"));
      const leaving = await client.get(pod, ref("bound"));
      expect(leaving.metadata.deletionGracePeriodSeconds).toBe(30);
      expect(leaving.metadata.deletionTimestamp).toBeDefined();
      await client.delete(pod, ref("bound"), { gracePeriodSeconds: 0 });
      await expect(client.get(pod, ref("bound"))).rejects.toThrow("not found");
    });

    test("finalizers keep an object until the last one is gone", async () => {
      const object = configMapOf("kept");
      object.metadata.finalizers = ["example.com/a"];
      await client.create(configMap, object);
      await client.delete(configMap, ref("kept"));
      const leaving = await client.get(configMap, ref("kept"));
      expect(leaving.metadata.deletionTimestamp).toBeDefined();
      await expect(
        client.patch(configMap, ref("kept"), {
          type: "merge",
          body: { metadata: { finalizers: ["example.com/a", "example.com/b"] } },
        }),
      ).rejects.toThrow("no new finalizers can be added if the object is being deleted");
      await client.patch(configMap, ref("kept"), {
        type: "merge",
        body: { metadata: { finalizers: null } },
      });
      await expect(client.get(configMap, ref("kept"))).rejects.toThrow("not found");
    });

    test("foreground and orphan leave the collector its finalizer", async () => {
      for (const [policy, finalizer] of [
        ["Foreground", "foregroundDeletion"],
        ["Orphan", "orphan"],
      ] as const) {
        const name = `with-${policy.toLowerCase()}`;
        await client.create(configMap, configMapOf(name));
        await client.delete(configMap, ref(name), { propagationPolicy: policy });
        expect((await client.get(configMap, ref(name))).metadata.finalizers).toEqual([finalizer]);
      }
    });

    test("a namespace terminates until it is finalized, and takes no more objects", async () => {
      await client.create(namespace, {
        apiVersion: "v1",
        kind: "Namespace",
        metadata: { name: "going" },
      });
      await client.delete(namespace, { name: "going" });
      const going = await client.get(namespace, { name: "going" });
      expect(going.metadata.labels).toEqual({ "kubernetes.io/metadata.name": "going" });
      expect(going.status?.phase).toBe("Terminating");
      const object = configMapOf("late");
      object.metadata.namespace = "going";
      await expect(client.create(configMap, object)).rejects.toThrow(
        'configmaps "late" is forbidden: unable to create new content in namespace going because it is being terminated',
      );
      const finalized: Namespace = { ...going, spec: { finalizers: [] } };
      await client.update(namespace, finalized, { subresource: "finalize" });
      await expect(client.get(namespace, { name: "going" })).rejects.toThrow("not found");
      await expect(client.delete(namespace, { name: "default" })).rejects.toThrow("may not be deleted");
    });
  });

  describe("binding", () => {
    const ref = { namespace: "default", name: "to-bind" };

    test("puts a pod on a node once", async () => {
      await client.create(pod, podOf("to-bind"));
      const body = { target: { kind: "Node", name: "node-1" } };
      await client.post(pod, ref, "binding", body);
      const bound = await client.get(pod, ref);
      expect(bound.spec.nodeName).toBe("node-1");
      expect(bound.status?.conditions).toMatchObject([{ type: "PodScheduled", status: "True" }]);
      await expect(client.post(pod, ref, "binding", body)).rejects.toThrow(
        'Operation cannot be fulfilled on pods/binding "to-bind": pod to-bind is already assigned to node "node-1"',
      );
    });
  });

  describe("services", () => {
    test("get an address of the range, keep it, and give it back", async () => {
      const made = await client.create(service, serviceOf("web"));
      const address = made.spec.clusterIP ?? "";
      expect(address).toMatch(/^10\.96\./);
      expect(made.spec.clusterIPs).toEqual([address]);
      await expect(client.create(service, serviceOf("web-2", { clusterIP: address }))).rejects.toThrow(
        "provided IP is already allocated",
      );
      const without = structuredClone(made);
      delete without.spec.clusterIP;
      delete without.spec.clusterIPs;
      expect((await client.update(service, without)).spec.clusterIP).toBe(address);
      await client.delete(service, { namespace: "default", name: "web" });
      const again = await client.create(service, serviceOf("web-3", { clusterIP: address }));
      expect(again.spec.clusterIP).toBe(address);
    });

    test("None means none, and an address outside is refused", async () => {
      const made = await client.create(service, serviceOf("headless", { clusterIP: "None" }));
      expect(made.spec.clusterIP).toBe("None");
      await expect(client.create(service, serviceOf("far", { clusterIP: "192.168.1.1" }))).rejects.toThrow(
        "The range of valid IPs is 10.96.0.0/16",
      );
      await expect(client.create(service, serviceOf("outer", { type: "NodePort" }))).rejects.toThrow(
        'spec.type: Unsupported value: "NodePort"',
      );
    });
  });

  describe("list and watch", () => {
    test("pages show one revision", async () => {
      await client.create(namespace, {
        apiVersion: "v1",
        kind: "Namespace",
        metadata: { name: "paged" },
      });
      for (const name of ["a", "b", "c", "d", "e"]) {
        const object = configMapOf(name);
        object.metadata.namespace = "paged";
        await client.create(configMap, object);
      }
      const first = await client.list(configMap, { namespace: "paged", limit: 2 });
      expect(first.metadata.remainingItemCount).toBe(3);
      await client.delete(configMap, { namespace: "paged", name: "d" });
      const second = await client.list(configMap, {
        namespace: "paged",
        limit: 2,
        continue: first.metadata.continue,
      });
      expect(second.items.map(({ metadata }) => metadata.name)).toEqual(["c", "d"]);
      expect(second.metadata.resourceVersion).toBe(first.metadata.resourceVersion);
    });

    test("selectors choose by labels and fields", async () => {
      await client.create(pod, podOf("sel-a", { app: "sel", tier: "front" }));
      await client.create(pod, podOf("sel-b", { app: "sel", tier: "back" }));
      const names = async (options: object) =>
        (await client.list(pod, { namespace: "default", ...options })).items.map(
          ({ metadata }) => metadata.name,
        );
      expect(await names({ labelSelector: "app=sel,tier!=back" })).toEqual(["sel-a"]);
      expect(await names({ labelSelector: "app in (sel)", fieldSelector: "metadata.name=sel-b" })).toEqual([
        "sel-b",
      ]);
      expect(await names({ labelSelector: "app=sel", fieldSelector: "spec.nodeName!=" })).toEqual([]);
      await expect(names({ fieldSelector: "spec.wrong=1" })).rejects.toThrow(
        "field label not supported: spec.wrong",
      );
    });

    test("a watch with a selector sees objects come and go by their labels", async () => {
      const { metadata } = await client.list(configMap);
      const events = take(
        client.watch(configMap, { labelSelector: "on=yes", resourceVersion: metadata.resourceVersion }),
        4,
      );
      const object = configMapOf("labelled");
      await client.create(configMap, object);
      const ref = { namespace: "default", name: "labelled" };
      const label = (on: string | null, note: string) =>
        client.patch(configMap, ref, {
          type: "merge",
          body: { metadata: { labels: { on } }, data: { note } },
        });
      await label("yes", "1");
      await label("yes", "2");
      await label("no", "3");
      await label("yes", "4");
      const seen = (await events).map((event) =>
        event.type === "BOOKMARK" ? event.type : `${event.type} ${event.object.data?.["note"]}`,
      );
      expect(seen).toEqual(["ADDED 1", "MODIFIED 2", "DELETED 2", "ADDED 4"]);
    });

    test("a watch without a revision begins with what is there", async () => {
      await client.create(configMap, configMapOf("present"));
      const [event] = await take(client.watch(configMap, { fieldSelector: "metadata.name=present" }), 1);
      expect(event).toMatchObject({ type: "ADDED", object: { metadata: { name: "present" } } });
    });

    test("a revision that never was is told as expired", async () => {
      await expect(take(client.watch(configMap, { resourceVersion: "999999" }), 1)).rejects.toMatchObject({
        code: 410,
      });
    });
  });

  describe("tables", () => {
    test("of one, of many, and of what comes", async () => {
      const { metadata } = await client.create(configMap, configMapOf("tabled", { a: "b" }));
      const one = await client.getTable(configMap, { namespace: "default", name: "tabled" });
      expect(one.columnDefinitions.map(({ name }) => name)).toEqual(["Name", "Data", "Age"]);
      expect(one.rows[0]?.cells.slice(0, 2)).toEqual(["tabled", 1]);
      const many = await client.listTable(configMap, {
        namespace: "default",
        fieldSelector: "metadata.name=tabled",
      });
      expect(many.rows.length).toBe(1);
      expect(many.metadata.resourceVersion).toBeDefined();
      const since = { namespace: "default", resourceVersion: metadata.resourceVersion };
      const events = client.watchTable(configMap, since)[Symbol.asyncIterator]();
      const ref = { namespace: "default", name: "tabled" };
      const change = (data: Record<string, string>) =>
        client.patch(configMap, ref, { type: "merge", body: { data } });
      const next = events.next();
      await change({ c: "d" });
      const { value: first } = await next;
      await change({ e: "f" });
      const { value: second } = await events.next();
      const shown = (event: typeof first) =>
        event === undefined || event.type === "BOOKMARK"
          ? []
          : [event.type, event.table.rows[0]?.cells[1], event.table.columnDefinitions.length > 0];
      expect([shown(first), shown(second)]).toEqual([
        ["MODIFIED", 2, true],
        ["MODIFIED", 3, false],
      ]);
      await events.return?.();
    });
  });

  describe("patches", () => {
    test("json and strategic, with the field that is wrong", async () => {
      await client.create(pod, podOf("patched"));
      const ref = { namespace: "default", name: "patched" };
      const image = { spec: { containers: [{ name: "main", image: "busybox:2" }] } };
      expect(
        (await client.patch(pod, ref, { type: "strategic", body: image })).spec.containers[0],
      ).toMatchObject({
        image: "busybox:2",
        terminationMessagePolicy: "File",
      });
      const operations = [{ op: "add", path: "/metadata/labels", value: { a: "b" } }] as const;
      expect((await client.patch(pod, ref, { type: "json", body: operations })).metadata.labels).toEqual({
        a: "b",
      });
      await expect(
        client.patch(pod, ref, { type: "merge", body: { spec: { restartPolicy: "Never" } } }),
      ).rejects.toMatchObject({ reason: "Invalid", details: { kind: "Pod", name: "patched" } });
      await expect(
        client.patch(pod, ref, { type: "merge", body: { metadata: { name: "other" } } }),
      ).rejects.toThrow("does not match the name on the URL");
    });
  });

  describe("permissions", () => {
    test("who has no role may read nothing", async () => {
      await expect(nobody.list(pod, { namespace: "default" })).rejects.toThrow(
        'pods is forbidden: User "nobody" cannot list resource "pods" in API group "" in the namespace "default"',
      );
      await expect(nobody.get(namespace, { name: "default" })).rejects.toThrow(
        'namespaces "default" is forbidden: User "nobody" cannot get resource "namespaces" in API group "" at the cluster scope',
      );
      expect(await nobody.raw("/version")).toMatchObject({ major: "1" });
    });
  });

  test("nothing was logged as a fault", () => {
    expect(server.errors).toEqual([]);
  });
});
