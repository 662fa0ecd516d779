import { expect, it } from "vitest";
import { oldCaches } from "./caches.ts";

it("finds the caches of what is gone, and of nothing else", () => {
  const owners = new Set(["default.shop", "default.shop.v2"]);
  const directories = [
    "default.shop.npm",
    "default.shop.v2.0123456789abcdef",
    "default.shop-b.npm",
    "other.shop.npm",
    "default.shop",
    "cache",
  ];
  expect(oldCaches(directories, owners)).toEqual(["default.shop-b.npm", "other.shop.npm"]);
});
