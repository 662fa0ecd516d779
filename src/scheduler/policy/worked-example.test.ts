/** The example of docs/guide/policies.md, read from there: what the guide shows is what happens. */

import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { readPod } from "../snapshot/pod-info.ts";
import type { RelatedObject } from "../snapshot/related.ts";
import { requests, testBed, testNode, testPod } from "../testing/objects.ts";
import { readSchedulerConfig } from "./read-config.ts";

const guide = readFileSync(new URL("../../../docs/guide/policies.md", import.meta.url), "utf8");
const blocks = [...guide.matchAll(/^```yaml\n([\s\S]*?)^```$/gm)].map(([, text = ""]) => text);

describe("a service in one region and zone, spread over its racks", () => {
  const policy = blocks.find((text) => text.includes("RegionZoneAffinity")) ?? "";
  const place = (region: string, zone: string, rack: string) =>
    testNode(`${region}-${zone}-${rack}`, {}, { labels: { region, zone, rack } });
  const nodes = [
    place("east", "a", "r1"),
    place("east", "a", "r2"),
    place("east", "a", "r3"),
    place("east", "b", "r4"),
    place("west", "a", "r5"),
  ];

  test("goes where the first pod is, each to a rack of its own", () => {
    const [profile] = readSchedulerConfig(policy).profiles;
    const { cluster, decider, put } = testBed(nodes, profile, 7);
    const service: RelatedObject & { readonly spec: object } = {
      metadata: { name: "web", namespace: "default" },
      spec: { selector: { app: "web" } },
    };
    cluster.related.set("Service", service);
    const placed: string[] = [];
    for (let index = 0; index < 6; index++) {
      const pod = testPod(`web-${index}`, requests("100m", "200Mi"));
      const creationTimestamp = `2026-01-01T00:00:0${index}Z`;
      const labelled = { ...pod, metadata: { ...pod.metadata, creationTimestamp, labels: { app: "web" } } };
      const nodeName = decider.decide(readPod(labelled)).chosen?.nodeName ?? "none";
      put(labelled, nodeName);
      placed.push(nodeName);
    }
    const [first = ""] = placed;
    expect(first).toMatch(/^east-a/);
    const here = nodes
      .map(({ metadata: { name = "" } }) => name)
      .filter((name) => name.slice(0, 6) === first.slice(0, 6));
    expect(new Set(placed)).toEqual(new Set(here));
    const perRack = here.map((name) => placed.filter((each) => each === name).length);
    expect(Math.max(...perRack) - Math.min(...perRack)).toBe(0);
  });
});

test.each(blocks.filter((text) => text.includes("apiVersion")).map((text) => [text]))(
  "is a configuration: %s",
  (text) => {
    expect(readSchedulerConfig(text).profiles.length).toBeGreaterThan(0);
  },
);
