import { expect, test } from "vitest";
import { parseIo, parsePodTraffic, parseThrottled } from "./container-extras.ts";

test("both versions of control groups are read", () => {
  expect(parseThrottled("nr_periods 5\nnr_throttled 2\nthrottled_time 3000000\n")).toBe(3000);
  expect(parseThrottled("usage_usec 9\nnr_throttled 2\nthrottled_usec 3000\n")).toBe(3000);
  expect(parseThrottled("")).toBe(0);
  const first = "8:0 Read 100\n8:0 Write 20\n8:0 Sync 0\n8:0 Total 120\n8:16 Read 1\nTotal 121\n";
  expect(parseIo(first)).toEqual({ readBytes: 101, writtenBytes: 20 });
  expect(parseIo("8:0 rbytes=100 wbytes=20 rios=1\n8:16 rbytes=1 wbytes=0\n")).toEqual({
    readBytes: 101,
    writtenBytes: 20,
  });
});

test("a pod's traffic is what leaves it", () => {
  const text = [
    "Inter-|   Receive                                                |  Transmit",
    " face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets",
    "    lo: 999 1 0 0 0 0 0 0 999 1 0 0 0 0 0 0",
    "  eth0:123 1 0 0 0 0 0 0 456 1 0 0 0 0 0 0",
  ].join("\n");
  expect(parsePodTraffic(text)).toEqual({ receivedBytes: 123, sentBytes: 456 });
});
