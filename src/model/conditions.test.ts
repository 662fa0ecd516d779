import { expect, test } from "vitest";
import { isConditionTrue, setCondition, withoutCondition } from "./conditions.ts";

const first = "2026-01-01T00:00:00Z";
const later = "2026-01-01T00:01:00Z";

test("the transition time moves with the status only", () => {
  const one = setCondition(undefined, { type: "Ready", status: "False", reason: "A" }, first);
  expect(one).toEqual([{ type: "Ready", status: "False", reason: "A", lastTransitionTime: first }]);
  const two = setCondition(one, { type: "Ready", status: "False", reason: "B" }, later);
  expect(two).toEqual([{ type: "Ready", status: "False", reason: "B", lastTransitionTime: first }]);
  const three = setCondition(two, { type: "Ready", status: "True" }, later);
  expect(three).toEqual([{ type: "Ready", status: "True", lastTransitionTime: later }]);
  expect([isConditionTrue(two, "Ready"), isConditionTrue(three, "Ready")]).toEqual([false, true]);
});

test("what is there already comes back as the same list", () => {
  const list = setCondition([], { type: "Ready", status: "True", reason: "A" }, first);
  expect(setCondition(list, { type: "Ready", status: "True", reason: "A" }, later)).toBe(list);
  expect(withoutCondition(list, "Other")).toBe(list);
  expect(withoutCondition(list, "Ready")).toEqual([]);
});

test("other conditions keep their place", () => {
  const list = [
    { type: "A", status: "True" as const },
    { type: "B", status: "True" as const },
  ];
  const next = setCondition(list, { type: "A", status: "False" }, later);
  expect(next.map(({ type }) => type)).toEqual(["A", "B"]);
});
