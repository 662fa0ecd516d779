import { describe, expect, test } from "vitest";
import { readPod } from "../../snapshot/pod-info.ts";
import { requests, testBed, testNode, testPod } from "../../testing/objects.ts";
import { filterReasons, filterVerdict } from "../../testing/plugins.ts";
import { amountText } from "./amount-text.ts";
import { defaultFitArgs, nodeResourcesFit } from "./noderesourcesfit.ts";

const plugin = nodeResourcesFit();
const node = testNode("a", { cpu: "1", memory: "1Gi", pods: "3", "example.com/gpu": "1" });
const gpu = "example.com/gpu";
const always = { restartPolicy: "Always" };

describe("what fits", () => {
  test.each([
    { name: "nothing asked", pod: testPod("p"), expected: [] },
    { name: "exactly all", pod: testPod("p", requests("1", "1Gi", { [gpu]: "1" })), expected: [] },
    {
      name: "a little too much",
      pod: testPod("p", requests("1001m", "1Gi")),
      expected: ["Insufficient cpu"],
    },
    {
      name: "too much of everything, in order",
      pod: testPod("p", requests("2", "2Gi", { [gpu]: "2", "ephemeral-storage": "1" })),
      expected: [
        "Insufficient cpu",
        "Insufficient memory",
        "Insufficient ephemeral-storage",
        "Insufficient example.com/gpu",
      ],
    },
    {
      name: "a resource that no node has",
      pod: testPod("p", requests("1", "1", { "example.com/none": "1" })),
      expected: ["Insufficient example.com/none"],
    },
    {
      name: "none of a resource that no node has",
      pod: testPod("p", requests("1", "1", { "example.com/none": "0" })),
      expected: [],
    },
    {
      name: "init containers one after another",
      pod: testPod("p", requests("600m", "1"), {
        initContainers: [requests("900m", "1"), requests("1", "1")],
      }),
      expected: [],
    },
    {
      name: "a greedy init container",
      pod: testPod("p", requests("1m", "1"), { initContainers: [requests("1100m", "1")] }),
      expected: ["Insufficient cpu"],
    },
    {
      name: "a sidecar beside the containers",
      pod: testPod("p", requests("600m", "1"), { initContainers: [{ ...requests("500m", "1"), ...always }] }),
      expected: ["Insufficient cpu"],
    },
    {
      name: "a sidecar beside a later init container, not an earlier one",
      pod: testPod("p", requests("100m", "1"), {
        initContainers: [requests("1", "1"), { ...requests("500m", "1"), ...always }, requests("500m", "1")],
      }),
      expected: [],
    },
    {
      name: "overhead",
      pod: testPod("p", requests("900m", "1"), { overhead: { cpu: "200m" } }),
      expected: ["Insufficient cpu"],
    },
    {
      name: "the pod's own requests instead of its containers'",
      pod: testPod("p", requests("5", "1"), { resources: { requests: { cpu: "500m" } } }),
      expected: [],
    },
  ])("$name", ({ pod, expected }) => {
    expect(filterReasons(plugin, { node, pod })).toEqual(expected);
  });

  test("what is there already counts, and so does the number of pods", () => {
    const present = [1, 2, 3].map((index) => testPod(`h${index}`, requests("300m", "1Mi")));
    const pod = testPod("p", requests("200m", "1Mi"));
    const two = present.slice(0, 2);
    expect(filterReasons(plugin, { node, pod, present: two })).toEqual([]);
    expect(filterReasons(plugin, { node, pod, present })).toEqual(["Too many pods", "Insufficient cpu"]);
  });

  test("a resource that pods asked for before a node offered it is counted when one does", () => {
    const { cluster, decider, put } = testBed([testNode("a")]);
    put(testPod("h", requests("1", "1", { "example.com/late": "2" })), "a");
    const pod = readPod(testPod("p", requests("1", "1", { "example.com/late": "1" })));
    expect(decider.decide(pod).chosen).toBeUndefined();
    cluster.setNode(testNode("a", { "example.com/late": "2" }));
    expect(decider.decide(pod).chosen).toBeUndefined();
    cluster.setNode(testNode("a", { "example.com/late": "3" }));
    expect(decider.decide(pod).chosen?.nodeName).toBe("a");
  });
});

describe("hostile amounts", () => {
  test("of bound pods make their node full, and leave no trace when they go", () => {
    const { cluster, decider, put } = testBed([testNode("a", { pods: "1000000" })]);
    const pod = readPod(testPod("p", requests("1", "1Mi")));
    const small = put(testPod("small", requests("700m", "3")), "a");
    const huge = Array.from({ length: 40 }, (_, index) =>
      put(testPod(`h${index}`, requests("9E", "9E")), "a"),
    );
    expect(decider.decide(pod).chosen).toBeUndefined();
    for (const { uid } of huge) cluster.removePod(uid);
    expect(decider.decide(pod).chosen?.nodeName).toBe("a");
    expect(cluster.resources.cpu.requested[0]).toBe(700);
    cluster.removePod(small.uid);
    expect([cluster.resources.cpu.requested[0], cluster.resources.memory.requested[0]]).toEqual([0, 0]);
  });

  test("that add up to too much are a fault of the pod", () => {
    const containers = Array.from({ length: 2000 }, () => requests("1P", "1"));
    const [reason] = filterReasons(plugin, { node, pod: testPod("p", {}, { containers }) });
    expect(reason).toBe("the pod asks for more cpu than can be counted");
  });

  test("of more kinds than can be told apart are a fault of the pod", () => {
    const others = Object.fromEntries(
      Array.from({ length: 30 }, (_, index) => [`example.com/r${index}`, "1"]),
    );
    const pod = testPod("p", requests("1", "1", others));
    expect(filterReasons(plugin, { node, pod })).toEqual([
      "the pod asks for 32 kinds of resources, allowed 22",
    ]);
  });

  test("of nodes that are no quantities count as nothing", () => {
    const broken = testNode("a", { cpu: "lots" });
    const pod = testPod("p", requests("1m", "1"));
    expect(filterReasons(plugin, { node: broken, pod })).toEqual(["Insufficient cpu"]);
  });
});

test("the numbers name what is wanted, what is free and who holds most", () => {
  const present = ["100m", "400m", "300m"].map((cpu, index) => testPod(`h${index}`, requests(cpu, "1Mi")));
  const big = testNode("a", { cpu: "1" });
  const [reason] = filterVerdict(plugin, {
    node: big,
    pod: testPod("p", requests("500m", "1")),
    present,
  });
  expect(reason?.detail).toBe(
    "needs 500m cpu, 200m free of 1; the largest holders are default/h1 (400m), default/h2 (300m), default/h0 (100m)",
  );
  expect(reason?.resolvable).toBe(true);
  const [never] = filterVerdict(plugin, { node: big, pod: testPod("p", requests("2", "1")) });
  expect(never?.resolvable).toBe(false);
});

test.each([
  ["cpu", 1500, "1500m"],
  ["cpu", 2000, "2"],
  ["memory", 512, "512"],
  ["memory", 268_435_456, "256Mi"],
  ["memory", 1_610_612_736, "1.5Gi"],
  ["example.com/gpu", 2048, "2048"],
])("%s %d is %s", (resource, amount, text) => {
  expect(amountText(resource, amount)).toBe(text);
});

test("resources of others can be ignored, those of Kubernetes cannot", () => {
  const ignoring = nodeResourcesFit({
    ...defaultFitArgs,
    ignoredResources: ["example.com/gpu", "cpu"],
    ignoredResourceGroups: ["example.org"],
  });
  const pod = testPod("p", requests("2", "1", { [gpu]: "9", "example.org/a": "1", "example.net/b": "1" }));
  expect(filterReasons(ignoring, { node, pod })).toEqual(["Insufficient cpu", "Insufficient example.net/b"]);
});

test("what the pod as a whole asks for counts in place of its containers, for cpu, memory and huge pages", () => {
  const whole = {
    resources: { requests: { cpu: "2", [gpu]: "5" } },
    containers: [requests("500m", "1Gi")],
    overhead: { cpu: "1m" },
  };
  const [reason, ...others] = filterVerdict(plugin, { node, pod: testPod("p", {}, whole) });
  expect(reason?.detail).toBe("needs 2001m cpu, 1 free of 1");
  expect(others).toEqual([]);
});
