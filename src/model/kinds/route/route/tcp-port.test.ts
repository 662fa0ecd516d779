import { expect, test } from "vitest";
import { newObject } from "../../../kind.ts";
import { validateObject } from "../../../validate.ts";
import { route, type Route } from "./route.ts";
import { tcpPortAnnotation, tcpPortOf } from "./tcp-port.ts";

function tcp(port: string, spec: Partial<Route["spec"]> = {}, annotations = {}): Route {
  return newObject<Route>(
    route,
    { name: "db", namespace: "default", annotations: { [tcpPortAnnotation]: port, ...annotations } },
    { spec: { to: { kind: "Service", name: "db", weight: 100 }, ...spec } },
  );
}

const fieldsOf = (object: Route): string[] => validateObject(route, object).map(({ path }) => path);

test("a port, or one of the router's choice", () => {
  expect(tcpPortOf(tcp("20001"))).toBe(20001);
  expect(tcpPortOf(tcp("auto"))).toBe("auto");
  expect(fieldsOf(tcp("auto"))).toEqual([]);
  for (const wrong of ["", "0", "65536", "x", "0x10", " 80"])
    expect(fieldsOf(tcp(wrong))).toEqual([`metadata.annotations[${tcpPortAnnotation}]`]);
});

test("what is about HTTP is refused, with its field", () => {
  expect(fieldsOf(tcp("auto", { host: "a.test", path: "/x" }))).toEqual(["spec.host", "spec.path"]);
  expect(fieldsOf(tcp("auto", {}, { "nagi.dev/redirect": "https://a.test" }))).toEqual([
    "metadata.annotations[nagi.dev/redirect]",
  ]);
  expect(fieldsOf(tcp("auto", {}, { "haproxy.router.openshift.io/ip_whitelist": "10.0.0.0/8" }))).toEqual([]);
  expect(fieldsOf(tcp("auto", { tls: { termination: "passthrough" } }))).toEqual(["spec.tls.termination"]);
  expect(fieldsOf(tcp("auto", { tls: { termination: "edge", externalCertificate: { name: "s" } } }))).toEqual(
    ["spec.tls.externalCertificate"],
  );
  expect(fieldsOf(tcp("auto", { tls: { termination: "edge" } }))).toEqual([]);
});
