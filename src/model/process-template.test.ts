import { expect, test } from "vitest";
import { newObject } from "./kind.ts";
import { template, type Template } from "./kinds/template/template/template.ts";
import { processTemplate } from "./process-template.ts";

const shop = newObject<Template>(
  template,
  { name: "shop" },
  {
    message: "${NAME} is made; its password is ${PASSWORD}",
    labels: { app: "${NAME}" },
    objects: [
      {
        kind: "Thing",
        metadata: { name: "${NAME}-db", labels: { own: "1" } },
        spec: {
          count: "${{COUNT}}",
          on: "${{ON}}",
          text: "a ${NAME} and $UNKNOWN, ${OTHER} and ${{COUNT}} more",
          list: ["${COUNT}"],
          "key-${NAME}": 1,
        },
      },
    ],
    parameters: [
      { name: "NAME", required: true },
      { name: "COUNT", value: "3" },
      { name: "ON", value: "true" },
      { name: "PASSWORD", generate: "expression", from: "p-[A-C]{4}[\\d]{2}" },
    ],
  },
);

const last = (limit: number): number => limit - 1;

test("fills texts, whole values, keys, labels and the message", () => {
  const processed = processTemplate(shop, { NAME: "web" }, last);
  expect(processed).toMatchObject({ ok: true });
  if (!processed.ok) return;
  expect(processed.template.message).toBe("web is made; its password is p-CCCC99");
  expect(processed.template.objects).toEqual([
    {
      kind: "Thing",
      metadata: { name: "web-db", labels: { own: "1", app: "web" } },
      spec: {
        count: 3,
        on: true,
        text: "a web and $UNKNOWN, ${OTHER} and ${{COUNT}} more",
        list: ["3"],
        "key-web": 1,
      },
    },
  ]);
  expect(processed.template.parameters?.map(({ value }) => value)).toEqual(["web", "3", "true", "p-CCCC99"]);
});

test("what is given goes before what is generated", () => {
  const processed = processTemplate(shop, { NAME: "web", PASSWORD: "known" }, last);
  expect(processed.ok && processed.template.message).toContain("known");
});

test("says what is missing, unknown or cannot be generated", () => {
  const wrong = {
    ...shop,
    parameters: [
      { name: "NAME", required: true },
      { name: "BAD", generate: "expression", from: "[z-a]{3}" },
    ],
  };
  const processed = processTemplate(wrong, { OTHER: "x" }, last);
  expect(processed).toEqual({
    ok: false,
    errors: [
      { type: "Required", path: "parameters[0]", detail: "parameter NAME is required and must be specified" },
      {
        type: "Invalid",
        path: "parameters[1].from",
        value: "[z-a]{3}",
        detail: "[z-a] has a range that runs backwards or is not known",
      },
      {
        type: "Invalid",
        path: "parameters",
        value: "OTHER",
        detail: "the template has no such parameter: it has NAME, BAD",
      },
    ],
  });
});
