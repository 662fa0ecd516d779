import { expect, it } from "vitest";
import { planAttachment, planDetachment, type AppConfig } from "./attachments.ts";

const wanted = { app: "shop", as: "DATABASE" };
const vars = { DATABASE_URL: "postgresql://new" };
const empty: AppConfig = { values: {}, annotations: {} };
const mine: AppConfig = {
  values: { DATABASE_URL: "postgresql://old" },
  annotations: { "addons.nagi.dev/DATABASE_URL": "db" },
};
const plan = (input: Partial<Parameters<typeof planAttachment>[0]>) =>
  planAttachment({ addon: "db", wanted, before: undefined, config: empty, vars, ...input });

it("waits for the app", () => {
  expect(plan({ config: undefined }).status).toMatchObject({
    phase: "Waiting",
    message: "there is no app shop yet",
  });
});

it("writes the config vars once, marked as the add-on's", () => {
  const { status, change } = plan({});
  expect(status).toEqual({ app: "shop", as: "DATABASE", phase: "Attached", vars: ["DATABASE_URL"] });
  expect(change).toEqual({ values: vars, annotations: { "addons.nagi.dev/DATABASE_URL": "db" } });
  expect(plan({ before: status }).change).toBeUndefined();
});

it("does not insist when a failed release took them back, and writes them when asked again", () => {
  const { status: before } = plan({});
  expect(plan({ before, config: empty })).toEqual({ status: before });
  const again = { ...wanted, requestedAt: "2026-01-01T00:00:00Z" };
  expect(plan({ before, config: empty, wanted: again }).change?.values).toEqual(vars);
});

it("never overwrites what is somebody else's", () => {
  const own = plan({ config: { ...empty, values: { DATABASE_URL: "mine" } } });
  expect(own.change).toBeUndefined();
  expect(own.status.message).toContain("DATABASE_URL of shop is set by somebody already");
  const other = { ...mine, annotations: { "addons.nagi.dev/DATABASE_URL": "other" } };
  expect(plan({ config: other }).status.message).toContain("is of the add-on other already");
  expect(plan({ config: mine }).change?.values).toEqual(vars);
});

it("takes back only what is still the add-on's", () => {
  const status = plan({}).status;
  expect(planDetachment("db", status, mine)).toEqual({
    values: { DATABASE_URL: null },
    annotations: { "addons.nagi.dev/DATABASE_URL": null },
  });
  expect(planDetachment("other", status, mine)).toBeUndefined();
  expect(planDetachment("db", status, undefined)).toBeUndefined();
});
