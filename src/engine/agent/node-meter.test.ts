import { expect, test } from "vitest";
import { differs } from "./node-meter.ts";

const usage = { cpu: "1", memory: "1Gi", "nagi.dev/disk-busy-percent": "20", "nagi.dev/pods-cpu": "100m" };

test.each([
  [{}, false],
  [{ cpu: "1090m" }, false],
  [{ cpu: "1200m" }, true],
  [{ memory: "1050Mi" }, false],
  [{ memory: "1200Mi" }, true],
  [{ "nagi.dev/disk-busy-percent": "24" }, false],
  [{ "nagi.dev/disk-busy-percent": "30" }, true],
  [{ "nagi.dev/pods-cpu": "149m" }, false],
  [{ "nagi.dev/pods-cpu": "151m" }, true],
  [{ "nagi.dev/pods-memory": "1Gi" }, true],
])("what is worth a write: %j", (change, expected) => {
  expect(differs(usage, { ...usage, ...change })).toBe(expected);
});
