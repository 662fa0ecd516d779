import { expect, test } from "vitest";
import { newObject } from "../../model/kind.ts";
import { route, type Route } from "../../model/kinds/route/route/route.ts";
import { urlOf } from "./app-url.ts";

const made = (tls?: Route["spec"]["tls"]): Route =>
  newObject<Route>(route, { name: "a" }, { spec: { to: { name: "a" }, tls } });
const ports = { httpPort: 8080, httpsPort: 8443 };

test.each([
  [undefined, ports, "http://a.test:8080"],
  [made(), ports, "http://a.test:8080"],
  [made(), { httpPort: 80, httpsPort: 443 }, "http://a.test"],
  [made({ termination: "edge" }), ports, "https://a.test:8443"],
  [made({ termination: "passthrough" }), { httpPort: 80, httpsPort: 443 }, "https://a.test"],
])("%j", (given, at, url) => expect(urlOf("a.test", given, at)).toBe(url));
