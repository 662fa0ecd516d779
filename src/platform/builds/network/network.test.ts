import { describe, expect, it } from "vitest";
import { buildRules } from "./build-rules.ts";
import { isLoopback, namedEndpoints, nameServersIn } from "./named-endpoints.ts";

const nothing = { npmrc: "", ca: "", proxies: {}, mirrors: {}, apt: "" };

describe("where builds have to get to", () => {
  it("is what proxies, mirrors and registries name, each once", () => {
    const endpoints = namedEndpoints({
      ...nothing,
      npmrc: "registry=https://npm.test/\n//npm.test/:_authToken=t\nproxy=http://proxy.test:3128\n",
      proxies: { HTTPS_PROXY: "proxy.test:3128", no_proxy: "http://other.test" },
      mirrors: { PIP_INDEX_URL: "https://u:p@pip.test:8443/simple", GOPROXY: "https://go.test,direct" },
      apt: 'Acquire::http::Proxy "http://10.0.0.9:3142";\n',
    });
    expect(endpoints.map(({ host, port }) => `${host}:${port}`)).toEqual([
      "proxy.test:3128",
      "pip.test:8443",
      "go.test:443",
      "npm.test:443",
      "10.0.0.9:3142",
    ]);
  });

  it.each([
    ["http://127.0.0.1:3128", true],
    ["http://localhost:3128", true],
    ["http://[::1]:3128", true],
    ["http://127proxy.test:3128", false],
    ["http://192.0.2.1:3128", false],
  ])("%s is on the loopback: %s", (url, expected) => {
    const [endpoint] = namedEndpoints({ ...nothing, proxies: { http_proxy: url } });
    expect(endpoint !== undefined && isLoopback(endpoint)).toBe(expected);
  });

  it("knows name servers that are not on the loopback", () => {
    expect(
      nameServersIn("# nameserver 9.9.9.9\nnameserver 127.0.0.53\nnameserver 192.0.2.3\nnameserver ::1\n"),
    ).toEqual(["192.0.2.3"]);
  });
});

it("writes the rules as one transaction", () => {
  const rules = buildRules({
    table: "nagi-builds-a",
    interface: "nb-a",
    ranges: ["10.96.0.0/16", "10.96.0.0/16"],
    allowed: [
      { host: "192.0.2.3", port: 53 },
      { host: "192.0.2.4", port: 3128 },
    ],
  });
  expect(rules).toContain("elements = { 10.96.0.0/16 }");
  expect(rules).toContain(
    "elements = { 192.0.2.3 . tcp . 53, 192.0.2.3 . udp . 53, 192.0.2.4 . tcp . 3128 }",
  );
  expect(rules.match(/iifname != "nb-a" accept/g)).toHaveLength(2);
});
