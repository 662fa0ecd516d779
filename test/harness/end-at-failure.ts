/**
 * When whole files are run once more (scripts/test.mjs), a file ends at its first test that failed at each of its tries: the
 * tests after it count on what it left, and would wait for it in vain.
 */

import type { RunnerTask } from "vitest";
import { beforeEach } from "vitest";

if (process.env["NAGI_TEST_FIRST"] === "1")
  beforeEach(({ task, skip }) => {
    if (task.file.tasks.some((each) => hasFailed(each, task.id))) skip("a test before it failed");
  });

/** Another test than the one that begins. */
function hasFailed(task: RunnerTask, beginningId: string): boolean {
  if (task.id === beginningId) return false;
  if (task.type === "suite") return task.tasks.some((each) => hasFailed(each, beginningId));
  return task.result?.state === "fail";
}
