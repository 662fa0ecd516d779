import { expect, it } from "vitest";
import { newObject } from "../../model/kind.ts";
import { addonService, type AddonService } from "../../model/kinds/nagi/addonservice/addonservice.ts";
import { planWish } from "./wanted-addons.ts";

const postgresql = newObject<AddonService>(
  addonService,
  { name: "postgresql" },
  {
    spec: {
      description: "PostgreSQL",
      aliases: ["heroku-postgresql"],
      platform: "postgresql",
      port: 5432,
      prefix: "DATABASE",
      vars: { URL: "x" },
      plans: { small: {}, large: {} },
      defaultPlan: "small",
    },
  },
);

it("takes Heroku's names, and the usual plan for plans that are not known", () => {
  expect(planWish({ plan: "postgresql:large" }, [postgresql])).toEqual({
    service: "postgresql",
    plan: "large",
    as: "DATABASE",
  });
  expect(planWish({ plan: "heroku-postgresql:essential-0", as: "STATS" }, [postgresql])).toEqual({
    service: "postgresql",
    plan: "small",
    as: "STATS",
    notice: "app.json: postgresql has no plan essential-0: it is small",
  });
});

it("says what it cannot make", () => {
  expect(planWish({ plan: "papertrail" }, [postgresql])).toEqual({
    problem: "app.json: there is no add-on service papertrail: set its config vars yourself",
  });
  expect(planWish({ plan: "postgresql", as: "my db" }, [postgresql])).toMatchObject({
    problem: expect.stringContaining("must be upper case letters") as string,
  });
});
