import { expect, test } from "vitest";
import { movedText } from "./moved-text.ts";

const change = movedText(
  { dataDir: "/var/lib/nagi", registryPort: 5000 },
  { dataDir: "/srv/$&/nagi", registryPort: 5260 },
);

test.each([
  ["an image", '"127.0.0.1:5000/default/shop:1"', '"127.0.0.1:5260/default/shop:1"'],
  ["the registry", '"registry":"127.0.0.1:5000"', '"registry":"127.0.0.1:5260"'],
  ["a message", '"Built 127.0.0.1:5000/default/shop"', '"Built 127.0.0.1:5260/default/shop"'],
  ["another port", '"127.0.0.1:50001/x"', '"127.0.0.1:50001/x"'],
  ["another machine", '"10.127.0.0.1:5000/x"', '"10.127.0.0.1:5000/x"'],
  ["a volume", '{"path":"/var/lib/nagi/volumes/pvc-1"}', '{"path":"/srv/$&/nagi/volumes/pvc-1"}'],
  ["the directory itself", '{"path":"/var/lib/nagi"}', '{"path":"/srv/$&/nagi"}'],
  ["a neighbour", '{"path":"/var/lib/nagi2/x"}', '{"path":"/var/lib/nagi2/x"}'],
  ["within a path", '{"path":"/old/var/lib/nagi/x"}', '{"path":"/old/var/lib/nagi/x"}'],
])("moves %s", (_, before, after) => {
  expect(change(before)).toBe(after);
});
