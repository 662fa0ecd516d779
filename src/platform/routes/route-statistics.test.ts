import { expect, test } from "vitest";
import type { AccessLine } from "./access-line.ts";
import { countedBetween, noTotals, parseStatistics, windowOf } from "./route-statistics.ts";

/** As HAProxy 2.6 writes it, without most of its columns. */
function statistics(...rows: readonly string[]): string {
  return [
    "# pxname,svname,qcur,scur,bin,bout,hrsp_1xx,hrsp_2xx,hrsp_3xx,hrsp_4xx,hrsp_5xx,hrsp_other,",
    ...rows,
    "",
  ].join("\n");
}

function line(status: number, tookMs: number, server = "10.0.0.1:80"): AccessLine {
  const words = {
    namespace: "default",
    app: "shop",
    route: "shop",
    bytes: "1",
    client: "c",
    method: "GET",
    uri: "/",
    end: "--",
  };
  return { timeMs: 0, server, status: String(status), tookMs: String(tookMs), ...words };
}

const given = { windowMs: 10_000, before: noTotals, targetOf: () => "shop-web-1" };

test("counters of all workers are added, from where each stood", () => {
  const before = parseStatistics(7, statistics("r1,BACKEND,0,1,100,1000,0,10,0,2,1,0,"));
  const after = new Map([
    ...parseStatistics(7, statistics("r1,BACKEND,0,0,150,1500,0,14,0,2,2,0,", "r1,s1,0,0,1,1,0,1,0,0,0,0,")),
    ...parseStatistics(9, statistics("r1,BACKEND,3,2,10,20,1,1,1,1,0,1,")),
  ]);
  expect(countedBetween(before, after).get("r1")).toEqual({
    answers: 10,
    clientErrors: 1,
    errors: 1,
    receivedBytes: 60,
    sentBytes: 520,
    open: 2,
    queued: 3,
  });
});

test("a window tells apart who failed, and adds to the totals", () => {
  const counted = {
    answers: 20,
    clientErrors: 2,
    errors: 3,
    receivedBytes: 5,
    sentBytes: 6,
    open: 1,
    queued: 0,
  };
  const lines = [
    ...Array.from({ length: 17 }, () => line(200, 4)),
    line(500, 900),
    line(503, 3000, "-:-"),
    line(503, 3000, "-:-"),
  ];
  const window = windowOf(counted, lines, given);
  expect(window).toMatchObject({
    requestsPerSecond: "2",
    requests: 20,
    clientErrors: 2,
    serverErrors: 1,
    unserved: 2,
  });
  expect(window.targets).toMatchObject([{ name: "shop-web-1", requests: 18, serverErrors: 1 }]);
  expect(window.latency?.p50Ms).toBeLessThanOrEqual(5);
  expect(window.latency?.p99Ms).toBeGreaterThan(2000);
  const next = windowOf(counted, lines, { ...given, before: window.total });
  expect(next.total).toMatchObject({ requests: 40, unserved: 4, sentBytes: 12 });
  expect(next.total.latencies.reduce((sum, count) => sum + count)).toBe(40);
});

test("lines that stand for many weigh as much, errors that are all written do not", () => {
  const counted = {
    answers: 1010,
    clientErrors: 0,
    errors: 10,
    receivedBytes: 0,
    sentBytes: 0,
    open: 0,
    queued: 0,
  };
  const lines = [
    ...Array.from({ length: 20 }, () => line(200, 4)),
    ...Array.from({ length: 10 }, () => line(500, 5000)),
  ];
  const window = windowOf(counted, lines, given);
  expect(window.targets).toMatchObject([{ requests: 1010, serverErrors: 10 }]);
  expect(window.latency?.p95Ms).toBeLessThanOrEqual(5);
});

test("without requests there is no latency", () => {
  const counted = {
    answers: 0,
    clientErrors: 0,
    errors: 0,
    receivedBytes: 0,
    sentBytes: 0,
    open: 0,
    queued: 0,
  };
  expect(windowOf(counted, [], given)).toMatchObject({ requestsPerSecond: "0", requests: 0, targets: [] });
  expect(windowOf(counted, [], given).latency?.p95Ms).toBeUndefined();
});
