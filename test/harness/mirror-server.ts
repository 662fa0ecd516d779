/**
 * A mirror of every language's registry with one tiny package, over HTTPS with a certificate of a private CA, in a process
 * of its own: `mirror-server.ts DIR ADDRESS`. Writes its port to DIR/port and a line a request to DIR/requests.
 */

import { createHash } from "node:crypto";
import { appendFileSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { get as httpGet, type IncomingMessage, type ServerResponse } from "node:http";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { buffer } from "node:stream/consumers";
import { crc32, gzipSync } from "node:zlib";
import { pack } from "tar-stream";

const [directory = ".", address = "127.0.0.1"] = process.argv.slice(2);
const name = "nagi-tiny";

type Files = Readonly<Record<string, string | Buffer>>;

const sha256 = (content: string | Buffer): Buffer => createHash("sha256").update(content).digest();

async function tar(files: Files): Promise<Buffer> {
  const made = pack();
  for (const [path, content] of Object.entries(files)) made.entry({ name: path, mode: 0o644 }, content);
  made.finalize();
  return await buffer(made);
}

/** A zip file without compression. */
function zip(files: Files): Buffer {
  const parts: Buffer[] = [];
  const central: Buffer[] = [];
  let offset = 0;
  for (const [path, text] of Object.entries(files)) {
    const [file, content] = [Buffer.from(path), Buffer.from(text)];
    const common = Buffer.alloc(26);
    common.writeUInt16LE(20, 0);
    common.writeUInt16LE(0x21, 8);
    common.writeUInt32LE(crc32(content), 10);
    common.writeUInt32LE(content.length, 14);
    common.writeUInt32LE(content.length, 18);
    common.writeUInt16LE(file.length, 22);
    parts.push(Buffer.from("PK\u0003\u0004"), common, file, content);
    const end = Buffer.alloc(14);
    end.writeUInt32LE(offset, 10);
    central.push(Buffer.from("PK\u0001\u0002\u0014\u0000"), common, end, file);
    offset += 30 + file.length + content.length;
  }
  const index = Buffer.concat(central);
  const tail = Buffer.alloc(18);
  tail.writeUInt16LE(Object.keys(files).length, 4);
  tail.writeUInt16LE(Object.keys(files).length, 6);
  tail.writeUInt32LE(index.length, 8);
  tail.writeUInt32LE(offset, 12);
  return Buffer.concat([...parts, index, Buffer.from("PK\u0005\u0006"), tail]);
}

async function npm(base: string): Promise<Files> {
  const manifest = { name, version: "1.0.0", main: "index.js" };
  const tarball = gzipSync(
    await tar({
      "package/package.json": JSON.stringify(manifest),
      "package/index.js": 'module.exports = "tiny of npm";\n',
    }),
  );
  const integrity = `sha512-${createHash("sha512").update(tarball).digest("base64")}`;
  const path = `/npm/${name}/-/${name}-1.0.0.tgz`;
  const versions = { "1.0.0": { ...manifest, dist: { tarball: `${base}${path}`, integrity } } };
  return {
    [`/npm/${name}`]: JSON.stringify({ name, "dist-tags": { latest: "1.0.0" }, versions }),
    [path]: tarball,
  };
}

function pip(): Files {
  const info = "nagi_tiny-1.0.0.dist-info";
  const wheel = zip({
    "nagi_tiny.py": 'WORDS = "tiny of pip"\n',
    [`${info}/METADATA`]: `Metadata-Version: 2.1\nName: ${name}\nVersion: 1.0.0\n`,
    [`${info}/WHEEL`]: "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    [`${info}/RECORD`]: `nagi_tiny.py,,\n${info}/METADATA,,\n${info}/WHEEL,,\n${info}/RECORD,,\n`,
  });
  const file = "nagi_tiny-1.0.0-py3-none-any.whl";
  return {
    [`/simple/${name}/`]: `<a href="../../wheels/${file}#sha256=${sha256(wheel).toString("hex")}">${file}</a>`,
    [`/wheels/${file}`]: wheel,
  };
}

/** As go.sum has it. */
function goHash(content: Files): string {
  const lines = Object.entries(content).map(([path, text]) => `${sha256(text).toString("hex")}  ${path}\n`);
  return `h1:${sha256(lines.join("")).toString("base64")}`;
}

function go(): Files {
  const at = "/go/example.test/tiny/@v";
  const root = "example.test/tiny@v1.0.0";
  const mod = "module example.test/tiny\n\ngo 1.18\n";
  const content = {
    [`${root}/go.mod`]: mod,
    [`${root}/tiny.go`]: 'package tiny\n\nconst Words = "tiny of go"\n',
  };
  const module = "example.test/tiny v1.0.0";
  const sums = `${module} ${goHash(content)}\n${module}/go.mod ${goHash({ "go.mod": mod })}\n`;
  writeFileSync(join(directory, "go.sum"), sums);
  return {
    [`${at}/list`]: "v1.0.0\n",
    [`${at}/v1.0.0.info`]: JSON.stringify({ Version: "v1.0.0", Time: "2026-01-01T00:00:00Z" }),
    [`${at}/v1.0.0.mod`]: mod,
    [`${at}/v1.0.0.zip`]: zip(content),
  };
}

function composer(base: string): Files {
  const url = `${base}/composer/tiny.zip`;
  const version = {
    name: "nagi/tiny",
    version: "1.0.0",
    dist: { type: "zip", url },
    autoload: { files: ["t.php"] },
  };
  return {
    "/composer/packages.json": JSON.stringify({ packages: { "nagi/tiny": { "1.0.0": version } } }),
    "/composer/tiny.zip": zip({ "t.php": '<?php const TINY = "tiny of composer";\n' }),
  };
}

async function gems(): Promise<Files> {
  const metadata = [
    "--- !ruby/object:Gem::Specification",
    `name: ${name}`,
    "version: !ruby/object:Gem::Version",
    "  version: 1.0.0",
    "platform: ruby",
    "authors: [A]",
    "files: [lib/nagi_tiny.rb]",
    "require_paths: [lib]",
    "summary: tiny",
    "specification_version: 4",
    "rubygems_version: 3.3.0",
    "required_ruby_version: !ruby/object:Gem::Requirement",
    "  requirements: [[\">=\", !ruby/object:Gem::Version {version: '0'}]]",
    "required_rubygems_version: !ruby/object:Gem::Requirement",
    "  requirements: [[\">=\", !ruby/object:Gem::Version {version: '0'}]]",
    "",
  ].join("\n");
  const gem = await tar({
    "metadata.gz": gzipSync(metadata),
    "data.tar.gz": gzipSync(await tar({ "lib/nagi_tiny.rb": 'TINY = "tiny of bundler"\n' })),
  });
  const info = `---\n1.0.0 |checksum:${sha256(gem).toString("hex")}\n`;
  const md5 = createHash("md5").update(info).digest("hex");
  return {
    "/gems/versions": `created_at: 2026-01-01T00:00:00Z\n---\n${name} 1.0.0 ${md5}\n`,
    [`/gems/info/${name}`]: info,
    [`/gems/gems/${name}-1.0.0.gem`]: gem,
  };
}

function maven(): Files {
  const at = "/maven/test/nagi/tiny/1.0/tiny-1.0";
  const pom =
    "<project><modelVersion>4.0.0</modelVersion><groupId>test.nagi</groupId><artifactId>tiny</artifactId><version>1.0</version></project>";
  return { [`${at}.pom`]: pom, [`${at}.jar`]: zip({ "tiny.txt": "tiny of maven\n" }) };
}

/** Debian's packages are the real ones, passed on. */
function passOn(path: string, response: ServerResponse): void {
  const asked = httpGet(`http://deb.debian.org${path}`, (found: IncomingMessage) => {
    response.writeHead(found.statusCode ?? 502, found.headers);
    found.pipe(response);
  });
  asked.on("error", () => response.writeHead(502).end());
}

let files: Files = {};
const server = createServer(
  { key: readFileSync(join(directory, "key.pem")), cert: readFileSync(join(directory, "cert.pem")) },
  ({ url = "/" }, response) => {
    const path = decodeURIComponent(new URL(url, "https://mirror.test").pathname);
    const content = files[path];
    if (path.startsWith("/debian")) passOn(path, response);
    else if (content === undefined) response.writeHead(404).end("not here\n");
    else
      response
        .setHeader("content-type", typeof content === "string" ? "text/html" : "application/octet-stream")
        .end(content);
    appendFileSync(join(directory, "requests"), `${path}\n`);
  },
);
server.listen(0, address, () => {
  void (async () => {
    const { port } = server.address() as AddressInfo;
    const base = `https://${address}:${port}`;
    files = {
      ...(await npm(base)),
      ...pip(),
      ...go(),
      ...composer(base),
      ...(await gems()),
      ...maven(),
    };
    writeFileSync(join(directory, "port.new"), `${port}`);
    renameSync(join(directory, "port.new"), join(directory, "port"));
  })();
});
