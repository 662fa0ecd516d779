import { parseAllDocuments } from "yaml";
import { expect, test } from "vitest";
import type { Client } from "../../client/client.ts";
import { LeaderElection } from "../../client/leader-election.ts";
import { startTestServer } from "../../engine/apiserver/testing/test-server.ts";
import { systemClock } from "../../lib/clock.ts";
import { silentLogger } from "../../lib/log.ts";
import { seededRandom } from "../../lib/random.ts";
import type { Kind } from "../../model/kind.ts";
import { node, type Node } from "../../model/kinds/core/node/node.ts";
import { pod, type Pod } from "../../model/kinds/core/pod/pod.ts";
import { newObject } from "../../model/kind.ts";
import { createScheduler } from "../../scheduler/loop/scheduler.ts";
import { printed } from "./manifests.ts";
import { runTerm } from "./terms.ts";

const options = { schedulerName: "nagi", namespace: "kube-system", image: "example.com/nagi" };

interface Rule {
  readonly apiGroups: readonly string[];
  readonly resources: readonly string[];
  readonly verbs: readonly string[];
}

const objectsOf = (what: string) =>
  parseAllDocuments(printed(what, options)).map((each) => each.toJS() as { kind: string; rules?: Rule[] });

/** A client that notes what it is asked for. */
function noting(client: Client, asked: Set<string>): Client {
  return new Proxy(client, {
    get(target, name: keyof Client) {
      const method = target[name] as (...args: readonly unknown[]) => unknown;
      return (...args: readonly unknown[]): unknown => {
        const { group, plural } = args[0] as Kind;
        const last = (args.at(-1) as { subresource?: string } | undefined)?.subresource;
        const sub = name === "post" ? String(args[2]) : last;
        const resource = sub === undefined ? plural : `${plural}/${sub}`;
        asked.add(`${name === "post" ? "create" : name} ${group} ${resource}`);
        return method.apply(target, [...args]);
      };
    },
  });
}

const aPod = (name: string, priorityClassName?: string): Pod => {
  const containers = [{ name: "c", image: "i", resources: { requests: { cpu: "1" } } }];
  return newObject<Pod>(pod, { name, namespace: "default" }, { spec: { containers, priorityClassName } });
};

test("the rights that are printed are those that scheduling needs", async () => {
  await using server = await startTestServer();
  const { client } = server;
  await client.create(node, newObject<Node>(node, { name: "a" }, {}));
  const allocatable = { cpu: "1", memory: "1Gi", pods: "9" };
  await client.patch(
    node,
    { name: "a" },
    { type: "merge", body: { status: { allocatable } } },
    { subresource: "status" },
  );
  const asked = new Set<string>();
  const parts = {
    client: noting(client, asked),
    clock: systemClock,
    random: seededRandom(1),
    log: silentLogger,
  };
  const election = new LeaderElection({ ...parts, namespace: "kube-system", name: "l", identity: "me" });
  const abort = new AbortController();
  const running = runTerm(createScheduler(parts), election, abort.signal);
  const placed = async (name: string) =>
    (await client.get(pod, { name, namespace: "default" })).spec.nodeName;
  await client.create(pod, aPod("low"));
  await expect.poll(() => placed("low")).toBe("a");
  await client.create(pod, aPod("high", "system-cluster-critical"));
  const low = { name: "low", namespace: "default" };
  const isLeaving = async () => (await client.get(pod, low)).metadata.deletionTimestamp !== undefined;
  await expect.poll(isLeaving).toBe(true);
  // As the agent does when the pod has stopped.
  await client.delete(pod, low, { gracePeriodSeconds: 0 });
  await expect.poll(() => placed("high")).toBe("a");
  abort.abort();
  await running;
  const rules = objectsOf("rbac").flatMap((object) => object.rules ?? []);
  const allows = (request: string): boolean => {
    const [verb = "", group = "", resource = ""] = request.split(" ");
    return rules.some(
      ({ apiGroups, resources, verbs }) =>
        apiGroups.includes(group) && resources.includes(resource) && verbs.includes(verb),
    );
  };
  expect([...asked].filter((request) => !allows(request))).toEqual([]);
  for (const telling of [
    "create  pods/binding",
    "delete  pods",
    "patch  pods/status",
    "update coordination.k8s.io leases",
  ]) {
    expect(asked).toContain(telling);
  }
});

test("kinds are printed as structural schemas", () => {
  const allowed = new Set(
    "type description properties required items additionalProperties default enum minimum maximum format anyOf".split(
      " ",
    ),
  );
  const check = (schema: Record<string, unknown>): void => {
    for (const [key, value] of Object.entries(schema)) {
      expect(allowed.has(key) || key.startsWith("x-kubernetes-"), key).toBe(true);
      if (key === "properties") Object.values(value as object).forEach((each) => check(each as never));
      if (key === "items" || key === "additionalProperties") check(value as never);
    }
    const keys = (schema["x-kubernetes-list-map-keys"] ?? []) as string[];
    for (const each of keys) expect((schema["items"] as { required: string[] }).required).toContain(each);
  };
  const crds = objectsOf("crds") as unknown as {
    kind: string;
    metadata: { name: string };
    spec: { versions: { schema: { openAPIV3Schema: Record<string, unknown> } }[] };
  }[];
  expect(crds.map(({ metadata }) => metadata.name)).toEqual([
    "schedulingdecisions.nagi.dev",
    "podgroups.scheduling.x-k8s.io",
  ]);
  for (const { spec } of crds) for (const { schema } of spec.versions) check(schema.openAPIV3Schema);
});

test("the pods that are printed use the account and the lease that have the rights", () => {
  const [deployment] = objectsOf("deployment") as unknown as { spec: { template: { spec: Pod["spec"] } } }[];
  expect(deployment?.spec.template.spec).toMatchObject({ serviceAccountName: "nagi-scheduler" });
  expect(deployment?.spec.template.spec.containers[0]?.args).toContain(
    "--leader-elect-namespace=kube-system",
  );
});
