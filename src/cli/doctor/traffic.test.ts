import { expect, it } from "vitest";
import { parseRequestLine, trafficOf } from "./traffic.ts";

const line = (path: string, status: number | string, tookMs: number, to = "shop-web-1") =>
  parseRequestLine(`GET ${path} status=${status} took=${tookMs}ms bytes=3 client=127.0.0.1 to=${to}`);

it("reads a line of the router and leaves the query out", () => {
  expect(line("/a?b=c", 200, 12)).toEqual({
    method: "GET",
    path: "/a",
    status: 200,
    tookMs: 12,
    to: "shop-web-1",
  });
});

it("reads a line of an answer that was cut", () => {
  expect(line("/a", "200 ended=by-app", 12)).toMatchObject({ status: 200, tookMs: 12 });
});

it("knows no request in another line", () => {
  expect(parseRequestLine("server started on port 5000")).toBeUndefined();
});

it("adds up errors of the app and of the router apart, and names the slowest paths", () => {
  const lines = [
    ...Array.from({ length: 18 }, () => line("/", 200, 10)),
    line("/slow", 500, 3000),
    line("/", 503, 1, "none"),
  ].filter((each) => each !== undefined);
  expect(trafficOf(lines)).toEqual({
    requests: 20,
    appErrors: 1,
    unserved: 1,
    p50Ms: 10,
    p95Ms: 10,
    slowest: [
      { path: "/slow", count: 1, p95Ms: 3000 },
      { path: "/", count: 19, p95Ms: 10 },
    ],
    failing: [{ path: "/slow", count: 1 }],
  });
});

it("is zero without requests", () => {
  expect(trafficOf([])).toMatchObject({ requests: 0, p50Ms: 0, p95Ms: 0, slowest: [] });
});
