import { describe, expect, it } from "vitest";
import { listenersIn } from "./listening-sockets.ts";

const head = "  sl  local_address rem_address   st tx_queue rx_queue\n";

describe("listenersIn", () => {
  it("reads addresses of both kinds, and leaves out what is connected", () => {
    const tcp = `${head}   0: 0100007F:0BB8 00000000:0000 0A 0\n   1: 0200000A:1F90 0300000A:A000 01 0\n`;
    const zeros = "00000000000000000000000000000000";
    const tcp6 = `${head}   0: ${zeros}:1F90 ${zeros}:0000 0A\n   1: 00000000000000000000000001000000:0050 ${zeros}:0000 0A\n   2: 0000000000000000FFFF00000100007F:0051 ${zeros}:0000 0A\n`;
    expect(listenersIn(tcp)).toEqual([{ address: "127.0.0.1", port: 3000 }]);
    expect(listenersIn(tcp6)).toEqual([
      { address: "::", port: 8080 },
      { address: "::1", port: 80 },
      { address: "127.0.0.1", port: 81 },
    ]);
  });
});
