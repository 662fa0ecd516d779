import { expect, test } from "vitest";
import { authFrom, ImageError, pullPolicyOf, registryOf } from "./images.ts";
import { ConfigError } from "./pod-fields.ts";
import { failureOf, nextFailureView } from "./start-failures.ts";

test.each([
  ["nginx", undefined, "Always"],
  ["nginx:latest", undefined, "Always"],
  ["nginx:1", undefined, "IfNotPresent"],
  ["host:5000/nginx", undefined, "Always"],
  ["host:5000/nginx:1", undefined, "IfNotPresent"],
  ["nginx@sha256:00", undefined, "IfNotPresent"],
  ["nginx", "Never", "Never"],
] as const)("%s with policy %s is pulled %s", (reference, given, expected) => {
  expect(pullPolicyOf(reference, given)).toBe(expected);
});

test.each([
  ["nginx", undefined],
  ["library/nginx", undefined],
  ["localhost/a", "localhost"],
  ["127.0.0.1:5000/ns/a:1", "127.0.0.1:5000"],
  ["ghcr.io/a/b", "ghcr.io"],
])("the registry of %s is %s", (reference, expected) => {
  expect(registryOf(reference)).toBe(expected);
});

test("credentials are found by registry, in both forms", () => {
  const auth = Buffer.from("me:se:cret").toString("base64");
  const config = JSON.stringify({
    auths: { "https://a.io/v1/": { auth }, "b.io": { username: "u", password: "p" } },
  });
  expect(authFrom(config, "a.io")).toEqual({ username: "me", password: "se:cret", serveraddress: "a.io" });
  expect(authFrom(config, "b.io")).toMatchObject({ username: "u", password: "p" });
  expect(authFrom(config, "c.io")).toBeUndefined();
});

const context = { image: "img", previous: undefined, nowMs: 0 };

test("a pull that fails is shown as such, then as waiting, longer each time", () => {
  const first = failureOf(new ImageError("ErrImagePull", "no route"), context);
  expect(first).toMatchObject({ reason: "ErrImagePull", message: "no route", retryAtMs: 10_000, count: 1 });
  if (first === undefined) return;
  expect(nextFailureView(first, 999)).toBe(first);
  const later = nextFailureView(first, 1000);
  expect(later).toMatchObject({
    reason: "ImagePullBackOff",
    message: 'Back-off pulling image "img": ErrImagePull: no route',
  });
  expect(nextFailureView(later, 2000)).toBe(later);
  expect(failureOf(new ImageError("ErrImagePull", "x"), { ...context, previous: later })).toMatchObject({
    retryAtMs: 20_000,
    count: 2,
  });
});

test("what waits for the user is tried again soon; what is not the pod's fault is no failure of it", () => {
  expect(failureOf(new ConfigError("missing"), context)).toMatchObject({
    reason: "CreateContainerConfigError",
    retryAtMs: 500,
  });
  expect(failureOf(new Error("engine away"), context)).toBeUndefined();
});
