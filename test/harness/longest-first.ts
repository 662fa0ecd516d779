/** Long files begin first, so that the end of a run does not wait for one of them alone. */

import { basename } from "node:path";
import { BaseSequencer, type TestSpecification } from "vitest/node";

/** Seconds with three files at a time on two slow cores, of the longest: for the order alone. */
const seconds: Readonly<Record<string, number>> = {
  languages: 468,
  addons: 345,
  deploys: 335,
  strategies: 276,
  platforms: 276,
  processes: 272,
  "build-configs": 270,
  releases: 267,
  "push-messages": 266,
  source: 257,
  doctor: 234,
  backup: 164,
  examples: 155,
  builds: 149,
  "new-app": 140,
  outside: 132,
  routes: 130,
  push: 129,
  images: 127,
  "push-faults": 108,
  webhooks: 104,
  "rules-of-pods": 28,
  trouble: 24,
  "rules-of-nodes": 16,
  "rules-of-policies": 14,
};
/** Of others. */
const ordinary = { unit: 1, others: 45 };

export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    return sorted.toSorted((a, b) => groupOf(a) - groupOf(b) || lengthOf(b) - lengthOf(a));
  }
}

function groupOf({ project }: TestSpecification): number {
  return project.config.sequence.groupOrder;
}

function lengthOf({ project, moduleId }: TestSpecification): number {
  const name = basename(moduleId).split(".")[0] ?? "";
  return seconds[name] ?? (project.name === "unit" ? ordinary.unit : ordinary.others);
}
