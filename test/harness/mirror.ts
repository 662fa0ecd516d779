/** The process of mirror-server.ts, and the settings that lead builds to it. */

import { spawn, type ChildProcess } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { networkInterfaces } from "node:os";
import { join } from "node:path";
import { TestPlatform, until } from "./platform.ts";

export class Mirror {
  /** For build.env. */
  readonly settings: string;
  readonly #directory: string;
  readonly #child: ChildProcess;

  private constructor(directory: string, base: string, child: ChildProcess) {
    this.#directory = directory;
    this.#child = child;
    this.settings = [
      `SSL_CERT_FILE=${join(directory, "ca.pem")}`,
      `NPM_CONFIG_REGISTRY=${base}/npm/`,
      `PIP_INDEX_URL=${base}/simple`,
      `GOPROXY=${base}/go`,
      "GONOSUMDB=*",
      `COMPOSER_MIRROR_URL=${base}/composer`,
      `BUNDLE_MIRROR__ALL=${base}/gems`,
      `MAVEN_MIRROR_URL=${base}/maven`,
      `DEBIAN_MIRROR=${base}/debian`,
      "",
    ].join("\n");
  }

  /** On an address of the machine, as builds do not reach its loopback. */
  static async start(directory: string): Promise<Mirror> {
    mkdirSync(directory, { recursive: true });
    const own = Object.values(networkInterfaces()).flatMap((each) => each ?? []);
    const address = own.find(({ family, internal }) => family === "IPv4" && !internal)?.address ?? "";
    makeCertificates(directory, address);
    const server = join(import.meta.dirname, "mirror-server.ts");
    const child = spawn("node", [server, directory, address], { stdio: "ignore" });
    const port = join(directory, "port");
    await until(() => existsSync(port) || child.exitCode !== null, "the mirror to listen");
    return new Mirror(directory, `https://${address}:${readFileSync(port, "utf8")}`, child);
  }

  /** Paths that were asked for since the last call. */
  requests(): string[] {
    const file = join(this.#directory, "requests");
    const lines = existsSync(file) ? readFileSync(file, "utf8").split("\n").filter(Boolean) : [];
    writeFileSync(file, "");
    return lines;
  }

  /** Of its module. */
  goSum(): string {
    return readFileSync(join(this.#directory, "go.sum"), "utf8");
  }

  stop(): void {
    this.#child.kill();
  }
}

function makeCertificates(directory: string, address: string): void {
  const openssl = (...words: readonly string[][]): string => TestPlatform.command("openssl", words.flat());
  const file = (name: string): string => join(directory, name);
  const key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];
  openssl(
    ["req", "-x509", "-days", "2", "-subj", "/CN=Private CA", ...key],
    ["-keyout", file("ca.key"), "-out", file("ca.pem")],
  );
  openssl(
    ["req", "-x509", "-days", "2", "-subj", "/CN=mirror", ...key],
    ["-CA", file("ca.pem"), "-CAkey", file("ca.key"), "-addext", `subjectAltName=IP:${address}`],
    ["-addext", "basicConstraints=critical,CA:FALSE"],
    ["-keyout", file("key.pem"), "-out", file("cert.pem")],
  );
}
