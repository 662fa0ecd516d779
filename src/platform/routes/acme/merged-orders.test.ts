import { expect, test } from "vitest";
import { anIngress, aRoute } from "../testing/route-objects.ts";
import { acmeOrderOf, type AcmeOrder, type AcmeOwner } from "./acme-orders.ts";
import { mergeOrders, refusedCondition } from "./merged-orders.ts";

const asked = (annotations: Record<string, string> = {}) => ({
  "kubernetes.io/tls-acme": "true",
  ...annotations,
});
const born = (day: number) => `2026-01-0${day}T00:00:00Z`;

function orderOf(owner: AcmeOwner, names: readonly string[], secretName = "tls"): AcmeOrder {
  const made = acmeOrderOf(owner, secretName, names);
  if (made === undefined) throw new Error("no order");
  return made;
}
const route = (name: string, day: number, annotations: Record<string, string> = {}) =>
  aRoute(name, {}, { creationTimestamp: born(day), annotations: asked(annotations) });

test("orders of one Secret become one, with all names, whatever their order", () => {
  const shop = anIngress("shop", {}, { creationTimestamp: born(1), annotations: asked() });
  const blog = route("blog", 2, { "nagi.dev/acme-requested": "2026-02-01T00:00:00Z" });
  const given = [
    orderOf(blog, ["blog.test", "shop.test"]),
    orderOf(shop, ["shop.test"]),
    orderOf(shop, ["www.test"]),
  ];
  for (const orders of [given, given.toReversed()]) {
    const merged = mergeOrders(orders);
    expect(merged.refused).toEqual([]);
    expect(merged.orders).toHaveLength(1);
    expect(merged.orders[0]).toMatchObject({ owners: [shop, blog], requested: "2026-02-01T00:00:00Z" });
    expect(merged.orders[0]?.names.toSorted()).toEqual(["blog.test", "shop.test", "www.test"]);
  }
});

test("other Secrets are other orders", () => {
  const orders = [orderOf(route("a", 1), ["a.test"]), orderOf(route("b", 1), ["b.test"], "other")];
  expect(mergeOrders(orders).orders).toEqual(orders);
});

test("who asks another authority than the oldest is refused, and told why", () => {
  const newer = route("newer", 2, { "nagi.dev/acme-server": "https://other.test/dir" });
  const older = route("older", 1);
  const { orders, refused } = mergeOrders([orderOf(newer, ["newer.test"]), orderOf(older, ["older.test"])]);
  expect(orders).toMatchObject([{ owners: [older], names: ["older.test"] }]);
  expect(refused.map(refusedCondition)).toEqual([
    {
      type: "Certificate",
      status: "False",
      reason: "SecretInUse",
      message:
        "secret tls has the certificate of route older, which is asked for in another way: name another secret",
    },
  ]);
});
