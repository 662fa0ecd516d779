import { expect, it } from "vitest";
import { parseImageReference } from "./image-reference.ts";

it.each([
  ["registry.test/team/shop:v1", "registry.test", "registry.test/team/shop:v1"],
  ["127.0.0.1:5000/shop", "127.0.0.1:5000", "127.0.0.1:5000/shop:latest"],
  ["registry:5000/a/b-c/d_e:1.2", "registry:5000", "registry:5000/a/b-c/d_e:1.2"],
  ["localhost/x", "localhost", "localhost/x:latest"],
])("%s is an image of a registry", (text, registry, whole) => {
  expect(parseImageReference(text)).toEqual({ registry, whole });
});

it.each([
  "shop",
  "shop:latest",
  "team/shop:v1",
  "registry.test/Shop",
  "registry.test/shop@sha256:12",
  "r.test/",
  "r.test/a:b:c",
  "-.test/../x",
  "",
])("%s is none", (text) => {
  expect(parseImageReference(text)).toBeUndefined();
});
