import { createServer, type AddressInfo } from "node:net";
import { describe, expect, it } from "vitest";
import { listeningText, listensElsewhere } from "./listening.ts";

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
