import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { FakeClient } from "../../client/testing/fake-client.ts";
import { systemClock } from "../../lib/clock.ts";
import { silentLogger } from "../../lib/log.ts";
import { seededRandom } from "../../lib/random.ts";
import { findCondition } from "../../model/conditions.ts";
import { newObject } from "../../model/kind.ts";
import type { Node } from "../../model/kinds/core/node/node.ts";
import { pod as podKind, type Pod } from "../../model/kinds/core/pod/pod.ts";
import { Decider } from "../../scheduler/decide.ts";
import { unschedulableMessage } from "../../scheduler/explain/message.ts";
import { createProfile } from "../../scheduler/framework/profile.ts";
import { createScheduler } from "../../scheduler/loop/scheduler.ts";
import { Cluster } from "../../scheduler/snapshot/cluster.ts";
import { readPod, type PodInfo } from "../../scheduler/snapshot/pod-info.ts";
import { testNode, testPod } from "../../scheduler/testing/objects.ts";
import { guarded } from "./guard-plugin.ts";
import { locatePlugin } from "./load-plugins.ts";
import { schedulerSettings } from "./settings.ts";

const example = join(import.meta.dirname, "../../../examples/scheduler-plugin");
let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "nagi-plugins-"));
});
afterAll(() => rmSync(folder, { recursive: true }));

function write(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

const config = (text: string): string =>
  write(
    "config.yaml",
    `apiVersion: kubescheduler.config.k8s.io/v1\nkind: KubeSchedulerConfiguration\n${text}`,
  );

function decide(profile: Awaited<ReturnType<typeof schedulerSettings>>["profiles"][number] | undefined) {
  if (profile === undefined) throw new Error("no profile");
  const cluster = new Cluster();
  const labels = { "example.com/disk-class": "fast" };
  for (const node of [testNode("a"), testNode("b", {}, { labels }), testNode("c", {}, { labels })]) {
    cluster.setNode(node);
  }
  const decider = new Decider({ profile, cluster, random: seededRandom(1) });
  const annotations = { "example.com/disk-class": "fast" };
  return (name: string) => {
    const object = testPod(name);
    const pod = readPod({ ...object, metadata: { ...object.metadata, annotations } });
    const { chosen, evaluation } = decider.decide(pod);
    if (chosen !== undefined) cluster.addPod(pod, chosen.nodeName);
    return chosen?.nodeName ?? unschedulableMessage(cluster.nodeCount, evaluation);
  };
}

describe("the example", () => {
  test("decides when it is loaded, by its folder", async () => {
    const { profiles } = await schedulerSettings({ plugins: [example] });
    const place = decide(profiles[0]);
    expect([place("p1"), place("p2")].toSorted()).toEqual(["b", "c"]);
  });

  test("takes arguments from the configuration, as an npm package that is installed", async () => {
    cpSync(example, join(folder, "node_modules/nagi-plugin-disk-class"), { recursive: true });
    mkdirSync(join(folder, "deeper"));
    const path = locatePlugin("nagi-plugin-disk-class", join(folder, "deeper"));
    const file = config(
      "profiles: [{ plugins: { multiPoint: { enabled: [{ name: DiskClass }] } }, pluginConfig: [{ name: DiskClass, args: { maxPerNode: 1 } }] }]",
    );
    const { profiles } = await schedulerSettings({ config: file, plugins: [path] });
    const place = decide(profiles[0]);
    expect([place("p1"), place("p2")].toSorted()).toEqual(["b", "c"]);
    expect(place("p3")).toBe(
      "0/3 nodes are available: 1 node(s) had no disk of the class, 2 node(s) had too many pods with disks.",
    );
  });

  test("says what is wrong with its arguments, by the field", async () => {
    const file = config("profiles: [{ pluginConfig: [{ name: DiskClass, args: { maxPerNode: 0 } }] }]");
    await expect(schedulerSettings({ config: file, plugins: [example] })).rejects.toThrow(
      /profiles\[0\]\.pluginConfig\[0\]\.args.*maxPerNode is 0: must be a whole number from 1/,
    );
  });
});

describe("a module is refused", () => {
  test.each([
    ["that is not there", "./none.js", undefined, "there is no"],
    ["without a plugin", "a.mjs", "export const x = 1;", "it exports neither"],
    ["that throws", "b.mjs", "throw new Error('boom');", "boom"],
    ["without a name", "c.mjs", "export const plugin = {};", "a plugin's name is undefined"],
    ["with a mistyped part", "d.mjs", "export const plugin = { name: 'X', filtr() {} };", "filtr is no part"],
    ["that cannot say why", "e.mjs", "export const plugin = { name: 'X', filter: () => 1 };", "no reasons"],
    [
      "with a kind that is none",
      "g.mjs",
      "export const plugin = { name: 'X', related: ['Pot'] };",
      'kind "Pot", which is not known',
    ],
    [
      "twice",
      "f.mjs",
      "export const plugins = [{ name: 'X' }, { name: 'X' }];",
      "two plugins with the name X",
    ],
  ])("%s", async (_what, name, text, message) => {
    if (text !== undefined) write(name, text);
    const load = async () => await schedulerSettings({ plugins: [locatePlugin(name, folder)] });
    await expect(load()).rejects.toThrow(message);
  });
});

describe("a plugin of others", () => {
  const reasons = () => [];

  test("that throws or answers nonsense says whose it is", () => {
    const bad = guarded({
      name: "Bad",
      reasons,
      filter: () => 0.5,
      preFilter() {
        throw new Error("no luck");
      },
    });
    const cluster = new Cluster();
    expect(() => bad.preFilter?.(readPod(testPod("p")), cluster)).toThrow(
      "plugin Bad: preFilter failed: no luck",
    );
    expect(() => bad.filter?.(undefined, 0, cluster)).toThrow("plugin Bad: filter answered 0.5");
  });

  test("that throws or takes too long costs the pod a condition, and the others go on", async () => {
    let now = 0;
    const kindOf = ({ object }: PodInfo): string => object.metadata.labels?.["kind"] ?? "";
    const plugin = guarded(
      {
        name: "Fragile",
        nodeLocal: true,
        shareKey: kindOf,
        preFilter(pod) {
          if (kindOf(pod) === "bad") throw new Error("no luck");
          return { type: "state", state: kindOf(pod) };
        },
        filter(kind) {
          if (kind === "slow") now += 600;
          return 0;
        },
        reasons,
      },
      () => now,
    );
    const profile = createProfile("default-scheduler", [{ plugin, weight: 1 }]);
    const client = new FakeClient({
      objects: ["a", "b", "c"].map((name) => ({ ...testNode(name), apiVersion: "v1", kind: "Node" }) as Node),
    });
    const parts = { client, clock: systemClock, random: seededRandom(1), log: silentLogger, profile };
    const abort = new AbortController();
    const running = createScheduler(parts).run(abort.signal);
    for (const kind of ["bad", "slow", "good"]) {
      const containers = [{ name: "c", image: "i" }];
      const metadata = { name: kind, namespace: "default", labels: { kind } };
      await client.create(podKind, newObject<Pod>(podKind, metadata, { spec: { containers } }));
    }
    const of = (name: string) => client.get(podKind, { name, namespace: "default" });
    const told = async (name: string) => {
      const condition = findCondition((await of(name)).status?.conditions, "PodScheduled");
      return `${condition?.reason}: ${condition?.message}`;
    };
    await expect.poll(async () => (await of("good")).spec.nodeName).toBeDefined();
    await expect
      .poll(() => told("bad"))
      .toBe("SchedulerError: cannot evaluate the nodes: plugin Fragile: preFilter failed: no luck");
    await expect
      .poll(() => told("slow"))
      .toBe("SchedulerError: cannot evaluate the nodes: plugin Fragile: filter took longer than 1 s");
    abort.abort();
    await running;
  });

  test("that takes too long is not asked further in this turn, and again in the next", async () => {
    let now = 0;
    const slow = guarded({ name: "Slow", reasons, filter: () => ((now += 600), 0) }, () => now);
    const ask = () => slow.filter?.(undefined, 0, new Cluster());
    expect([ask(), ask()]).toEqual([0, 0]);
    expect(ask).toThrow("plugin Slow: filter took longer than 1 s");
    await new Promise(setImmediate);
    expect(ask()).toBe(0);
  });
});
