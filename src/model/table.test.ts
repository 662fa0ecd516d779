import { describe, expect, test } from "vitest";
import { configMap } from "./kinds/core/configmap/configmap.ts";
import { newObject } from "./kind.ts";
import { ageText, durationText, tableColumns, tableOf } from "./table.ts";

const minute = 60;
const hour = 60 * minute;
const day = 24 * hour;

describe("ages, as kubectl users know them", () => {
  test.each([
    [-5, "0s"],
    [0, "0s"],
    [119, "119s"],
    [2 * minute, "2m"],
    [2 * minute + 5, "2m5s"],
    [10 * minute - 1, "9m59s"],
    [10 * minute + 5, "10m"],
    [3 * hour - 1, "179m"],
    [3 * hour, "3h"],
    [3 * hour + 20 * minute, "3h20m"],
    [8 * hour + 20 * minute, "8h"],
    [2 * day - 1, "47h"],
    [2 * day + 3 * hour, "2d3h"],
    [8 * day + 3 * hour, "8d"],
    [2 * 365 * day - 1, "729d"],
    [2 * 365 * day + day, "2y1d"],
    [8 * 365 * day + 3 * day, "8y"],
  ])("%d seconds are %s", (seconds, text) => expect(durationText(seconds * 1000)).toBe(text));

  test("are unknown without a time", () => {
    expect([ageText(undefined, 0), ageText("soon", 0)]).toEqual(["<unknown>", "<unknown>"]);
    expect(ageText("2026-01-01T00:00:00Z", Date.parse("2026-01-01T00:00:30Z"))).toBe("30s");
  });
});

const column = { type: "string", description: "", value: () => "x" } as const;
const names = (kind: Parameters<typeof tableColumns>[0]): string[] =>
  tableColumns(kind).map(({ name }) => name);

test("NAME comes first and AGE before what is wide, unless the kind says otherwise", () => {
  const columns = [
    { ...column, name: "W", priority: 1 as const },
    { ...column, name: "N" },
  ];
  expect(names({ columns })).toEqual(["Name", "N", "Age", "W"]);
  expect(names({ columns: [{ ...column, name: "Age" }, ...columns] })).toEqual(["Name", "Age", "W", "N"]);
  expect(names({ columns, wholeTable: true })).toEqual(["W", "N"]);
});

test("a table has a row with the metadata of each object", () => {
  const object = newObject(configMap, { name: "a" }, { data: { b: "c" } });
  expect(tableOf(configMap, [object], { nowMs: 0, metadata: { resourceVersion: "7" } })).toMatchObject({
    kind: "Table",
    metadata: { resourceVersion: "7" },
    columnDefinitions: [{ name: "Name", format: "name" }, { name: "Data", type: "integer" }, { name: "Age" }],
    rows: [
      { cells: ["a", 1, "<unknown>"], object: { kind: "PartialObjectMetadata", metadata: { name: "a" } } },
    ],
  });
});
