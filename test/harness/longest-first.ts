/** Long files begin first, so that the end of a run does not wait for one of them alone. */

import { basename } from "node:path";
import { BaseSequencer, type TestSpecification } from "vitest/node";

/** Seconds with three files at a time on two slow cores, of the longest: for the order alone. */
const seconds: Readonly<Record<string, number>> = {
  languages: 622,
  addons: 368,
  releases: 276,
  "build-configs": 284,
  "push-messages": 331,
  deploys: 295,
  strategies: 384,
  outside: 131,
  source: 190,
  platforms: 249,
  builds: 126,
  push: 126,
  "push-faults": 111,
  doctor: 203,
  examples: 195,
  webhooks: 104,
  routes: 129,
  backup: 143,
  processes: 155,
  images: 129,
  "new-app": 130,
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
