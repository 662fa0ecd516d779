import { describe, expect, test } from "vitest";
import type { Taint } from "../../model/kinds/core/node/node.ts";
import { parseLabels, parseTaint, taintText, withoutTaints, withTaints } from "./node-edits.ts";

test("labels", () => {
  expect(parseLabels(["disk=ssd", "a/b=", "c=d=e"])).toEqual({ disk: "ssd", "a/b": "", c: "d=e" });
  for (const word of ["disk", "=ssd", ""]) expect(() => parseLabels([word])).toThrow("is no label");
});

describe("taints", () => {
  test.each([
    ["gpu=yes:NoSchedule", { key: "gpu", value: "yes", effect: "NoSchedule" }],
    ["gpu:NoExecute", { key: "gpu", effect: "NoExecute" }],
    ["gpu=:PreferNoSchedule", { key: "gpu", value: "", effect: "PreferNoSchedule" }],
  ])("%s", (word, taint) => {
    expect(parseTaint(word)).toEqual(taint);
  });

  test.each([
    ["gpu", 'the taint "gpu" has no effect'],
    ["gpu=yes", 'the taint "gpu=yes" has no effect'],
    ["gpu=yes:Never", 'the taint "gpu=yes:Never" has the effect "Never"'],
    [":NoSchedule", '":NoSchedule" is no taint'],
  ])("refuses %s", (word, message) => {
    expect(() => parseTaint(word)).toThrow(message);
  });

  const present: readonly Taint[] = [
    { key: "gpu", value: "yes", effect: "NoSchedule" },
    { key: "gpu", effect: "NoExecute" },
    { key: "old", effect: "NoSchedule" },
  ];

  test("one replaces that with its key and effect", () => {
    const texts = withTaints(present, [{ key: "gpu", value: "no", effect: "NoSchedule" }]).map(taintText);
    expect(texts).toEqual(["gpu:NoExecute", "old:NoSchedule", "gpu=no:NoSchedule"]);
  });

  test("are taken off by key, or by key and effect", () => {
    expect(withoutTaints(present, ["gpu"]).map(taintText)).toEqual(["old:NoSchedule"]);
    expect(withoutTaints(present, ["gpu:NoExecute", "old"]).map(taintText)).toEqual(["gpu=yes:NoSchedule"]);
    expect(() => withoutTaints(present, ["gpu:PreferNoSchedule"])).toThrow("has no taint");
  });
});
