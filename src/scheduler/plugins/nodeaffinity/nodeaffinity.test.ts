import { describe, expect, test } from "vitest";
import type { NodeSelectorTerm } from "../../snapshot/objects.ts";
import { testBed, testNode, testPod } from "../../testing/objects.ts";
import { filterReasons, filterVerdict, rawScoreOf } from "../../testing/plugins.ts";
import { readPod } from "../../snapshot/pod-info.ts";
import { nodeAffinity, reasonAdded, reasonConflict, reasonNoMatch } from "./nodeaffinity.ts";

const plugin = nodeAffinity();
const node = testNode("a", {}, { labels: { zone: "z1", cores: "16", empty: "" } });

function requiring(...nodeSelectorTerms: NodeSelectorTerm[]) {
  const required = { nodeSelectorTerms };
  return testPod(
    "p",
    {},
    {
      affinity: { nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: required } },
    },
  );
}

const expression = (key: string, operator: string, ...values: string[]): NodeSelectorTerm => ({
  matchExpressions: [{ key, operator, values }],
});

describe("nodeSelector", () => {
  test.each([
    { labels: {}, fits: true },
    { labels: { zone: "z1" }, fits: true },
    { labels: { zone: "z1", cores: "16" }, fits: true },
    { labels: { zone: "z1", cores: "8" }, fits: false },
    { labels: { gpu: "yes" }, fits: false },
    { labels: { empty: "" }, fits: true },
    { labels: { missing: "" }, fits: false },
  ])("$labels", ({ labels, fits }) => {
    const pod = testPod("p", {}, { nodeSelector: labels });
    expect(filterReasons(plugin, { node, pod })).toEqual(fits ? [] : [reasonNoMatch]);
  });

  test("says which label is missing or different", () => {
    const detail = (labels: Record<string, string>) =>
      filterVerdict(plugin, { node, pod: testPod("p", {}, { nodeSelector: labels }) })[0]?.detail;
    expect(detail({ zone: "z2" })).toBe("the pod asks for zone=z2, the node has zone=z1");
    expect(detail({ gpu: "a100" })).toBe("the pod asks for gpu=a100, the node has no label gpu");
  });
});

describe("required affinity", () => {
  test.each([
    { name: "In", terms: [expression("zone", "In", "z1", "z2")], fits: true },
    { name: "In, not", terms: [expression("zone", "In", "z2")], fits: false },
    { name: "NotIn", terms: [expression("zone", "NotIn", "z2")], fits: true },
    { name: "NotIn of a missing label", terms: [expression("gpu", "NotIn", "z2")], fits: true },
    { name: "Exists", terms: [expression("empty", "Exists")], fits: true },
    { name: "DoesNotExist", terms: [expression("empty", "DoesNotExist")], fits: false },
    { name: "Gt", terms: [expression("cores", "Gt", "8")], fits: true },
    { name: "Gt is not text order", terms: [expression("cores", "Gt", "9")], fits: true },
    { name: "Lt", terms: [expression("cores", "Lt", "16")], fits: false },
    { name: "Gt of what is no number", terms: [expression("zone", "Gt", "1")], fits: false },
    { name: "an operator nobody knows", terms: [expression("zone", "Near", "z1")], fits: false },
    {
      name: "any of the terms",
      terms: [expression("zone", "In", "z2"), expression("empty", "Exists")],
      fits: true,
    },
    {
      name: "all of a term",
      terms: [
        {
          matchExpressions: [
            { key: "zone", operator: "Exists" },
            { key: "gpu", operator: "Exists" },
          ],
        },
      ],
      fits: false,
    },
    { name: "an empty term", terms: [{}], fits: false },
    { name: "no terms", terms: [], fits: false },
    {
      name: "the node's name",
      terms: [{ matchFields: [{ key: "metadata.name", operator: "In", values: ["a"] }] }],
      fits: true,
    },
    {
      name: "another field",
      terms: [{ matchFields: [{ key: "metadata.uid", operator: "Exists" }] }],
      fits: false,
    },
  ])("$name", ({ terms, fits }) => {
    expect(filterReasons(plugin, { node, pod: requiring(...terms) })).toEqual(fits ? [] : [reasonNoMatch]);
  });
});

test("preferred terms add up their weights", () => {
  const preferred = [
    { weight: 30, preference: expression("zone", "In", "z1") },
    { weight: 5, preference: expression("cores", "Gt", "8") },
    { weight: 100, preference: expression("zone", "In", "z2") },
    { weight: 100, preference: {} },
  ];
  const pod = testPod(
    "p",
    {},
    {
      affinity: { nodeAffinity: { preferredDuringSchedulingIgnoredDuringExecution: preferred } },
    },
  );
  expect(rawScoreOf(plugin, { node, pod })).toBe(35);
  expect(rawScoreOf(plugin, { node, pod: testPod("p") })).toBeUndefined();
  expect([plugin.normalize?.(35, { min: 0, max: 70 }), plugin.normalize?.(0, { min: 0, max: 0 })]).toEqual([
    50, 0,
  ]);
});

test("more label keys than there are columns for are read from the nodes themselves", () => {
  const labels = Object.fromEntries(Array.from({ length: 700 }, (_, index) => [`key-${index}`, "x"]));
  const { decider } = testBed([
    testNode("a", {}, { labels }),
    testNode("b", {}, { labels: { "key-0": "x" } }),
  ]);
  for (const key of Object.keys(labels)) {
    const pod = readPod(testPod("p", {}, { nodeSelector: { [key]: "x", "key-699": "x" } }));
    expect(decider.decide(pod).chosen?.nodeName).toBe("a");
  }
});

describe("a requirement that makes no sense matches nothing", () => {
  test.each([
    expression("gpu", "NotIn"),
    expression("zone", "Exists", "z1"),
    expression("cores", "Gt", "8", "9"),
    expression("cores", "Gt", "8.5"),
    expression("cores", "Lt", "9223372036854775808"),
    { matchFields: [{ key: "metadata.name", operator: "NotIn", values: ["b", "c"] }] },
    { matchFields: [{ key: "metadata.name", operator: "Exists" }] },
  ])("%j", (term) => {
    expect(filterReasons(plugin, { node, pod: requiring(term) })).toEqual([reasonNoMatch]);
  });
});

test("terms that name different nodes at once contradict themselves", () => {
  const named = (name: string) => ({ key: "metadata.name", operator: "In", values: [name] });
  const torn = { matchFields: [named("a"), named("b")] };
  expect(filterReasons(plugin, { node, pod: requiring(torn) })).toEqual([reasonConflict]);
  const open = expression("zone", "Exists");
  expect(filterReasons(plugin, { node, pod: requiring(torn, open) })).toEqual([]);
});

describe("added affinity", () => {
  const added = nodeAffinity({
    addedAffinity: {
      requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [expression("cores", "Exists")] },
      preferredDuringSchedulingIgnoredDuringExecution: [
        { weight: 7, preference: expression("zone", "In", "z1") },
      ],
    },
  });

  test("holds for every pod", () => {
    const bare = testNode("b");
    expect(filterReasons(added, { node: bare, pod: testPod("p") })).toEqual([reasonAdded]);
    expect(filterReasons(added, { node, pod: testPod("p") })).toEqual([]);
    const choosy = testPod("p", {}, { nodeSelector: { gpu: "yes" } });
    expect(filterReasons(added, { node, pod: choosy })).toEqual([reasonNoMatch]);
  });

  test("adds to the pod's own preferences", () => {
    expect(rawScoreOf(added, { node, pod: testPod("p") })).toBe(7);
  });
});
