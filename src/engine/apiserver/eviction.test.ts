import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { findCondition } from "../../model/conditions.ts";
import { newObject } from "../../model/kind.ts";
import { pod, type Pod } from "../../model/kinds/core/pod/pod.ts";
import {
  podDisruptionBudget,
  type PodDisruptionBudget,
} from "../../model/kinds/policy/poddisruptionbudget/poddisruptionbudget.ts";
import {
  priorityClass,
  type PriorityClass,
} from "../../model/kinds/scheduling/priorityclass/priorityclass.ts";
import { StatusError } from "../../model/status.ts";
import { startTestServer, type TestServer } from "./testing/test-server.ts";

let api: TestServer;
beforeAll(async () => {
  api = await startTestServer();
});
afterAll(async () => {
  expect(api.errors).toEqual([]);
  await api[Symbol.asyncDispose]();
});

const namespace = "default";
let count = 0;

async function runningPod(labels: Record<string, string>, ready = true): Promise<Pod> {
  const spec = { containers: [{ name: "c", image: "i" }], nodeName: "node-1" };
  const name = `pod-${++count}`;
  await api.client.create(pod, newObject<Pod>(pod, { name, namespace, labels }, { spec }));
  const status = { phase: "Running", conditions: [{ type: "Ready", status: ready ? "True" : "False" }] };
  const body = { status };
  return api.client.patch(pod, { name, namespace }, { type: "merge", body }, { subresource: "status" });
}

async function budget(name: string, status: PodDisruptionBudget["status"], spec = {}): Promise<void> {
  const selector = { matchLabels: { app: name } };
  const object = newObject<PodDisruptionBudget>(
    podDisruptionBudget,
    { name, namespace },
    { spec: { minAvailable: 1, selector, ...spec } },
  );
  await api.client.create(podDisruptionBudget, object);
  const body = { status: { ...status } as never };
  const ref = { name, namespace };
  await api.client.patch(podDisruptionBudget, ref, { type: "merge", body }, { subresource: "status" });
}

async function evict({ metadata: { name = "" } }: Pod): Promise<unknown> {
  const body = { apiVersion: "policy/v1", kind: "Eviction", metadata: { name, namespace } };
  try {
    await api.client.post(pod, { name, namespace }, "eviction", body);
    return "evicted";
  } catch (error) {
    if (!(error instanceof StatusError)) throw error;
    return [error.code, error.message, error.details?.causes?.[0]?.message];
  }
}

describe("an eviction", () => {
  test("takes from the budget, which says no when it is spent", async () => {
    await budget("one", {
      observedGeneration: 1,
      disruptionsAllowed: 1,
      currentHealthy: 2,
      desiredHealthy: 1,
      expectedPods: 2,
    });
    const [a, b] = [await runningPod({ app: "one" }), await runningPod({ app: "one" })];
    expect(await evict(a)).toBe("evicted");
    const going = await api.client.get(pod, { name: a.metadata.name ?? "", namespace });
    expect(going.metadata.deletionTimestamp).toBeDefined();
    expect(findCondition(going.status?.conditions, "DisruptionTarget")?.reason).toBe("EvictionByEvictionAPI");
    expect(await evict(b)).toEqual([
      429,
      "Cannot evict pod as it would violate the pod's disruption budget.",
      "The disruption budget one needs 1 healthy pods and has 2 currently",
    ]);
    const { status } = await api.client.get(podDisruptionBudget, { name: "one", namespace });
    expect(status?.disruptionsAllowed).toBe(0);
    expect(Object.keys(status?.disruptedPods ?? {})).toEqual([a.metadata.name]);
    // It goes already: nothing more is taken away.
    expect(await evict(a)).toBe("evicted");
  });

  test("waits until the budget is known", async () => {
    await budget("two", { observedGeneration: 0, disruptionsAllowed: 1 });
    expect(await evict(await runningPod({ app: "two" }))).toEqual([
      429,
      "Cannot evict pod as it would violate the pod's disruption budget.",
      "The disruption budget two is still being processed by the server.",
    ]);
  });

  test.each([
    { app: "kept", spec: {}, healthy: 1, expected: "evicted" },
    { app: "broken", spec: {}, healthy: 0, expected: 429 },
    { app: "free", spec: { unhealthyPodEvictionPolicy: "AlwaysAllow" }, healthy: 0, expected: "evicted" },
  ])("of a pod that is not ready: $app", async ({ app, spec, healthy, expected }) => {
    const status = {
      observedGeneration: 1,
      disruptionsAllowed: 0,
      currentHealthy: healthy,
      desiredHealthy: 1,
    };
    await budget(app, status, spec);
    const answer = await evict(await runningPod({ app }, false));
    expect(Array.isArray(answer) ? answer[0] : answer).toBe(expected);
  });

  test("with two budgets is refused", async () => {
    const selector = { matchLabels: { both: "yes" } };
    await budget("x", {}, { selector });
    await budget("y", {}, { selector });
    expect(await evict(await runningPod({ both: "yes" }))).toEqual([
      500,
      expect.stringContaining("more than one PodDisruptionBudget"),
      undefined,
    ]);
  });
});

describe("priority", () => {
  const aClass = (name: string, value: number, extras: Partial<PriorityClass> = {}): PriorityClass => ({
    apiVersion: "scheduling.k8s.io/v1",
    kind: "PriorityClass",
    metadata: { name },
    value,
    ...extras,
  });
  const create = async (spec: Partial<Pod["spec"]>): Promise<unknown> => {
    const whole = { containers: [{ name: "c", image: "i" }], ...spec };
    try {
      const made = await api.client.create(
        pod,
        newObject<Pod>(pod, { name: `pod-${++count}`, namespace }, { spec: whole }),
      );
      return [made.spec.priorityClassName, made.spec.priority, made.spec.preemptionPolicy];
    } catch (error) {
      return error instanceof Error ? error.message.replace(/^.*forbidden: /, "") : error;
    }
  };

  test("comes from the class", async () => {
    await api.client.create(priorityClass, aClass("high", 1000, { preemptionPolicy: "Never" }));
    expect(await create({ priorityClassName: "high" })).toEqual(["high", 1000, "Never"]);
    expect(await create({})).toEqual([undefined, 0, "PreemptLowerPriority"]);
    expect(await create({ priorityClassName: "system-node-critical" })).toEqual([
      "system-node-critical",
      2_000_001_000,
      "PreemptLowerPriority",
    ]);
    expect(await create({ priorityClassName: "nope" })).toBe("no PriorityClass with name nope was found");
    expect(await create({ priority: 7 })).toContain("the integer value of priority (7) must not be provided");
    expect(await create({ priorityClassName: "high", preemptionPolicy: "PreemptLowerPriority" })).toContain(
      "the string value of PreemptionPolicy (PreemptLowerPriority) must not be provided in pod spec",
    );
  });

  test("of pods that name none comes from the default class, of which there is one", async () => {
    await api.client.create(priorityClass, aClass("normal", 10, { globalDefault: true }));
    expect(await create({})).toEqual(["normal", 10, "PreemptLowerPriority"]);
    await expect(
      api.client.create(priorityClass, aClass("other", 20, { globalDefault: true })),
    ).rejects.toThrow("PriorityClass normal is already marked as default. Only one default can exist");
    await api.client.delete(priorityClass, { name: "normal" });
    expect(await create({})).toEqual([undefined, 0, "PreemptLowerPriority"]);
  });

  test("of the system is there from the start and stays", async () => {
    const names = (await api.client.list(priorityClass)).items.map(({ metadata }) => metadata.name);
    expect(names).toEqual(expect.arrayContaining(["system-cluster-critical", "system-node-critical"]));
    await expect(api.client.delete(priorityClass, { name: "system-node-critical" })).rejects.toThrow(
      "cannot be deleted",
    );
  });
});
