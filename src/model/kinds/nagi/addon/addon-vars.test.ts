import { parse } from "yaml";
import { readdirSync, existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { newObject } from "../../../kind.ts";
import { admitObject } from "../../../validate.ts";
import { addonService, type AddonService, type AddonServiceSpec } from "../addonservice/addonservice.ts";
import { addonNameFor, addonVars, findService, freePrefix, parsePlanName } from "./addon-vars.ts";

const recipes = join(import.meta.dirname, "../../../../../platforms");
const shipped = readdirSync(recipes).flatMap((name) => {
  const path = join(recipes, name, "addon.yaml");
  if (!existsSync(path)) return [];
  const spec = parse(readFileSync(path, "utf8")) as AddonServiceSpec;
  return [newObject<AddonService>(addonService, { name }, { spec })];
});
const postgresql = shipped.find(({ metadata }) => metadata.name === "postgresql") as AddonService;

it.each(shipped.map((each) => [each.metadata.name ?? "", each] as const))(
  "the service %s that comes with Nagi is a valid one",
  (_name, service) => {
    expect(() => admitObject(addonService, structuredClone(service))).not.toThrow();
  },
);

it("names an app's add-on so that it is a name, however long the app's is", () => {
  expect(addonNameFor("shop", "postgresql")).toBe("shop-postgresql");
  expect(addonNameFor("a".repeat(40), "postgresql")).toBe(`${"a".repeat(29)}-postgresql`);
  expect(addonNameFor(`${"a".repeat(28)}-shop`, "postgresql")).toBe(`${"a".repeat(28)}-postgresql`);
});

it("fills in the config vars", () => {
  const values = { user: "u", password: "p", host: "addon-db", port: 5432, database: "db" };
  expect(addonVars(postgresql, "STATS", values)).toEqual({ STATS_URL: "postgresql://u:p@addon-db:5432/db" });
});

it("takes a colour when the usual name is taken", () => {
  expect(freePrefix(postgresql, [])).toBe("DATABASE");
  expect(freePrefix(postgresql, ["DATABASE_URL"])).toBe("POSTGRESQL_AMBER");
  expect(freePrefix(postgresql, ["DATABASE_URL", "POSTGRESQL_AMBER_URL"])).toBe("POSTGRESQL_BLUE");
});

it("knows services by other names, with and without a plan", () => {
  expect(findService(shipped, "heroku-postgresql")).toBe(postgresql);
  expect(findService(shipped, "oracle")).toBeUndefined();
  expect(parsePlanName("redis:cache")).toEqual({ service: "redis", plan: "cache" });
  expect(parsePlanName("redis")).toEqual({ service: "redis", plan: undefined });
});

it("says what is wrong with a service", () => {
  const wrong = structuredClone(postgresql);
  wrong.spec.vars = { URL: "x://${name}" };
  wrong.spec.defaultPlan = "tiny";
  expect(() => admitObject(addonService, wrong)).toThrow(
    /spec\.vars\[URL\].*\$\{name\} is not known.*spec\.defaultPlan.*is none of the plans: small, medium, large/s,
  );
});
