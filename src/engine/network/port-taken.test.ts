import { expect, test } from "vitest";
import { listensEverywhere } from "./port-taken.ts";

const table = `   sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
  337: 0100007F:0035 00000000:0000 07 00000000:00000000 00:00000000 00000000   101        0 1 2 0 0
  400: 00000000:0043 00000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 1 2 0 0
  401: 00000000:1F90 0100007F:9C40 01 00000000:00000000 00:00000000 00000000     0        0 1 2 0 0
  402: 00000000:0050 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 1 2 0 0
`;

test.each([
  { port: 53, taken: false, why: "of one address only" },
  { port: 67, taken: true, why: "a UDP socket" },
  { port: 80, taken: true, why: "a listening TCP socket" },
  { port: 8080, taken: false, why: "a connection" },
  { port: 81, taken: false, why: "nobody" },
])("port $port ($why): $taken", ({ port, taken }) => {
  expect(listensEverywhere(table, port)).toBe(taken);
});
