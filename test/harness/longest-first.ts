/** Long files begin first, so that the end of a run does not wait for one of them alone. */

import { basename } from "node:path";
import { BaseSequencer, type TestSpecification } from "vitest/node";

/** Seconds with two files at a time on two cores, of the longest: for the order alone. */
const seconds: Readonly<Record<string, number>> = {
  languages: 300,
  addons: 250,
  releases: 158,
  "build-configs": 156,
  "push-messages": 152,
  deploys: 150,
  strategies: 170,
  outside: 130,
  source: 126,
  platforms: 119,
  builds: 111,
  push: 108,
  "push-faults": 110,
  doctor: 110,
  examples: 70,
  webhooks: 95,
  routes: 90,
  backup: 86,
  processes: 81,
  images: 75,
  "new-app": 74,
  "rules-of-pods": 64,
  trouble: 62,
  "rules-of-nodes": 31,
  "rules-of-policies": 25,
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
