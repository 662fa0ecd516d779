import { expect, test } from "vitest";
import type { UserInfo } from "../../../client/user.ts";
import { secret, type Secret } from "../../../model/kinds/core/secret/secret.ts";
import { app as appKind, type App } from "../../../model/kinds/nagi/app/app.ts";
import type { Kind } from "../../../model/kind.ts";
import { newObject } from "../../../model/kind.ts";
import type { KubeObject } from "../../../model/meta.ts";
import { writeAuthor } from "./author.ts";

const user = (username: string): UserInfo => ({ username, groups: [] });
const app = (image: string, by?: string): App =>
  newObject<App>(
    appKind,
    { name: "shop", ...(by === undefined ? {} : { annotations: { "nagi.dev/created-by": by } }) },
    { spec: { image } },
  );

function written(kind: Kind, next: KubeObject, previous: KubeObject | undefined, by: string): unknown {
  writeAuthor(kind, next, previous, user(by));
  return next.metadata.annotations?.["nagi.dev/created-by"];
}

test("whoever makes or changes it is named, and cannot name another", () => {
  expect(written(appKind, app("a"), undefined, "ann")).toBe("ann");
  expect(written(appKind, app("a", "ben"), undefined, "ann")).toBe("ann");
  expect(written(appKind, app("b", "ann"), app("a", "ann"), "ben")).toBe("ben");
  expect(written(appKind, app("a", "cy"), app("a", "ann"), "ben")).toBe("ann");
  expect(written(appKind, app("a"), app("a"), "ben")).toBeUndefined();
});

test("a part of the platform leaves it as it is", () => {
  expect(written(appKind, app("b", "ann"), app("a", "ann"), "system:nagi:apps")).toBe("ann");
});

test("of secrets only those with config vars say so", () => {
  const made = (name: string): Secret => newObject<Secret>(secret, { name }, {});
  expect(written(secret, made("shop-config"), undefined, "ann")).toBe("ann");
  expect(written(secret, made("other"), undefined, "ann")).toBeUndefined();
});
