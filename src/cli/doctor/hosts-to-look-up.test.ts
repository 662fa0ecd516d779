import { expect, it } from "vitest";
import { hostsToLookUp } from "./hosts-to-look-up.ts";

it("looks up hosts only: no paths, no wildcards, no names of this machine", () => {
  const domains = ["example.com/shop", "example.com", "*.example.com", "a.localhost/x", "shop.example.com"];
  expect(hostsToLookUp(domains)).toEqual(["example.com", "shop.example.com"]);
});
