import { expect, test } from "vitest";
import { parseSize, sizeOf, sizeText } from "./process-sizes.ts";

test.each([
  ["512Mi", { limits: { memory: "512Mi" }, requests: { memory: "512Mi" } }, "512Mi"],
  [
    "512Mi/500m",
    { limits: { memory: "512Mi" }, requests: { memory: "512Mi", cpu: "500m" } },
    "512Mi, cpu 500m",
  ],
  ["/2", { requests: { cpu: "2" } }, "cpu 2"],
  ["Standard-2X", { limits: { memory: "1Gi" }, requests: { memory: "64Mi" } }, "1Gi, of which 64Mi kept"],
])("the size %s", (text, resources, shown) => {
  expect(parseSize(text)).toEqual({ resources });
  expect(sizeText(resources)).toBe(shown);
});

test("more than is kept may be used, up to a limit", () => {
  const resources = {
    limits: { memory: "1Gi", cpu: "2" },
    requests: { memory: "256Mi", cpu: "500m" },
  };
  expect(sizeOf({ memory: "1Gi", memoryRequest: "256Mi", cpu: "500m", cpuLimit: "2" })).toEqual({
    resources,
  });
  expect(sizeText(resources)).toBe("1Gi, of which 256Mi kept, cpu 500m, cpu at most 2");
});

test.each([
  ["huge", /size is "huge": must be MEMORY, MEMORY\/CPU.*standard-1x/],
  ["512", /memory is 512: must be 4Mi or more/],
  ["512MB", /memory is "512MB": must be an amount such as 512Mi/],
  ["512Mi/500", /cpu is 500 processors: for thousandths of one, write 500m/],
  ["512Mi/x", /cpu is "x": must be an amount/],
  ["1Gi/1/1", /size is "1Gi\/1\/1"/],
  ["", /size is ""/],
])("what is wrong with %j", (text, problem) => {
  const result = parseSize(text);
  expect("problem" in result ? result.problem : "").toMatch(problem);
});

test("what is kept is no more than what may be used", () => {
  expect(sizeOf({ cpu: "2", cpuLimit: "1" })).toEqual({
    problem: "cpu is 2: must not be more than the cpu limit, 1",
  });
  expect(sizeOf({ memory: "1Gi", memoryRequest: "2Gi" })).toEqual({
    problem: "memory request is 2Gi: must not be more than the memory, 1Gi",
  });
});
