/** The programs that Nagi runs, and the Debian packages that hold them. Installed only when root and only when missing. */

import { spawn } from "node:child_process";
import { accessSync, constants, existsSync, rmSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";

export interface Requirement {
  readonly program: string;
  readonly debianPackage: string;
  readonly purpose: string;
}

export const requirements: readonly Requirement[] = [
  { program: "podman", debianPackage: "podman", purpose: "runs the containers" },
  { program: "runc", debianPackage: "runc", purpose: "starts a container for podman" },
  { program: "netavark", debianPackage: "netavark", purpose: "gives containers their network" },
  { program: "iptables", debianPackage: "iptables", purpose: "netavark's rules" },
  { program: "ip", debianPackage: "iproute2", purpose: "the network of pods" },
  { program: "nft", debianPackage: "nftables", purpose: "service addresses" },
  { program: "dnsmasq", debianPackage: "dnsmasq-base", purpose: "service names" },
  { program: "haproxy", debianPackage: "haproxy", purpose: "routes requests to apps" },
  { program: "docker-registry", debianPackage: "docker-registry", purpose: "keeps the images of apps" },
  { program: "skopeo", debianPackage: "skopeo", purpose: "copies images between registries" },
  { program: "git", debianPackage: "git", purpose: "takes pushes" },
  { program: "sshd", debianPackage: "openssh-server", purpose: "takes pushes over SSH" },
  { program: "ssh-keygen", debianPackage: "openssh-client", purpose: "makes the key of the SSH server" },
  { program: "socat", debianPackage: "socat", purpose: "connects SSH sessions to git" },
  { program: "mmdebstrap", debianPackage: "mmdebstrap", purpose: "makes base images" },
  {
    program: "busybox",
    debianPackage: "busybox-static",
    purpose: "holds the network of pods with several containers",
  },
];

/** Where Debian keeps programs, beside what PATH names: netavark lies outside PATH. */
const extraFolders = ["/usr/sbin", "/sbin", "/usr/lib/podman", "/usr/libexec/podman"];

/** Services that Debian's packages would start or enable by themselves; Nagi runs its own instances. */
const servicesToKeepOff = ["docker-registry.service", "haproxy.service", "ssh.service"];

const policyFile = "/usr/sbin/policy-rc.d";

export function findProgram(program: string, path: string): string | undefined {
  return [...path.split(delimiter), ...extraFolders]
    .map((folder) => join(folder, program))
    .find((file) => isExecutable(file));
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

export function missingRequirements(path: string): readonly Requirement[] {
  return requirements.filter(({ program }) => findProgram(program, path) === undefined);
}

export function canInstall(uid: number, path: string): boolean {
  return uid === 0 && findProgram("apt-get", path) !== undefined;
}

/** Installs Debian packages without starting their services; output lines go to `onLine`. */
export async function installPackages(
  names: readonly string[],
  onLine: (line: string) => void,
): Promise<void> {
  const hadPolicy = existsSync(policyFile);
  if (!hadPolicy) writeFileSync(policyFile, "#!/bin/sh\nexit 101\n", { mode: 0o755 });
  const newServices = servicesToKeepOff.filter((name) => !existsSync(`/lib/systemd/system/${name}`));
  try {
    await apt(["update", "-q"], onLine);
    await apt(["install", "-y", "-q", "--no-install-recommends", ...names], onLine);
  } finally {
    if (!hadPolicy) rmSync(policyFile, { force: true });
  }
  const installed = newServices.filter((name) => existsSync(`/lib/systemd/system/${name}`));
  if (installed.length > 0 && existsSync("/run/systemd/system"))
    await run("systemctl", ["disable", "--now", ...installed], onLine);
}

async function apt(argv: readonly string[], onLine: (line: string) => void): Promise<void> {
  await run("apt-get", argv, onLine);
}

/** Lines of a failed program that its error message carries. */
const shownLinesMax = 15;

function run(program: string, argv: readonly string[], onLine: (line: string) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive", LC_ALL: "C" };
    const child = spawn(program, argv, { stdio: ["ignore", "pipe", "pipe"], env });
    let tail: string[] = [];
    const take = (chunk: Buffer): void => {
      const lines = chunk
        .toString()
        .split("\n")
        .filter((line) => line.trim() !== "");
      tail = [...tail, ...lines].slice(-shownLinesMax);
      for (const line of lines) onLine(line);
    };
    child.stdout.on("data", take);
    child.stderr.on("data", take);
    child.on("error", (cause) => reject(new Error(`cannot run ${program}`, { cause })));
    child.on("close", (code) => {
      if (code === 0) resolve();
      else reject(new Error(`cannot ${program} ${argv.join(" ")}: exit code ${code}\n${tail.join("\n")}`));
    });
  });
}
