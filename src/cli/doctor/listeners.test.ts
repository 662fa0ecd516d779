import { expect, it } from "vitest";
import { parseListeners } from "./listeners.ts";

const heading =
  "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode";
const line = (local: string, state: string) =>
  `   0: ${local} 00000000:0000 ${state} 00000000:00000000 00:00000000 00000000     0        0 1`;
const table = (...lines: readonly string[]) => [heading, ...lines].join("\n");

it("finds who waits for connections, and leaves connections alone", () => {
  const text = table(line("00000000:1388", "0A"), line("0100007F:1389", "01"));
  expect(parseListeners(text)).toEqual([{ port: 5000, isLoopback: false }]);
});

it.each([
  ["127.0.0.1", "0100007F", true],
  ["127.1.2.3", "0302017F", true],
  ["all addresses", "00000000", false],
  ["10.0.0.127", "7F00000A", false],
  ["::1", "00000000000000000000000001000000", true],
  ["::", "00000000000000000000000000000000", false],
  ["::ffff:127.0.0.1", "0000000000000000FFFF00000100007F", true],
])("tells whether %s is reached from outside", (_, address, isLoopback) => {
  expect(parseListeners(table(line(`${address}:0050`, "0A")))).toEqual([{ port: 80, isLoopback }]);
});

it("calls a port open that is open on any address", () => {
  const both = table(line("0100007F:0050", "0A"), line("00000000:0050", "0A"), line("0100007F:0050", "0A"));
  expect(parseListeners(both)).toEqual([{ port: 80, isLoopback: false }]);
});
