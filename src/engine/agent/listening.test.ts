import { createServer, type AddressInfo } from "node:net";
import { describe, expect, it } from "vitest";
import { listenersIn, listeningText, listensElsewhere } from "./listening.ts";

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

describe("listeningText", () => {
  const local = { address: "127.0.0.1", port: 8080 };
  it("tells loopback, another port and no port apart", () => {
    expect(listeningText([local], 8080)).toBe("listens on 127.0.0.1:8080, which nobody else reaches");
    expect(listeningText([{ address: "::", port: 3000 }], 8080)).toBe(
      "listens on [::]:3000, not on port 8080",
    );
    expect(listeningText([], 8080)).toBe("listens on no port, not on 8080 either");
  });
});

describe("listensElsewhere", () => {
  it("sees a real server, and nothing of a process that is no more", async () => {
    const server = createServer().listen(0, "127.0.0.1");
    await new Promise((resolve) => server.once("listening", resolve));
    const { port } = server.address() as AddressInfo;
    expect(await listensElsewhere(process.pid, port)).toBe(
      `listens on 127.0.0.1:${port}, which nobody else reaches`,
    );
    server.close();
    expect(await listensElsewhere(2 ** 30, port)).toBeUndefined();
  });
});
