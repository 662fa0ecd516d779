/**
 * How git reaches a private repository. What must stay true: no secret is an argument or in the environment of a
 * program, nor in what git says; the files that hold it are the caller's directory's, which nobody else can enter and
 * which is removed after use; nothing of this machine's own keys, agents and known hosts counts.
 */

import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { GitUrl } from "./git-url.ts";

/** What one Secret gives. */
export interface GitCredential {
  /** Of the Secret, for messages. */
  readonly name: string;
  readonly privateKey?: string | undefined;
  /** Lines as of ~/.ssh/known_hosts. */
  readonly knownHosts?: string | undefined;
  /** Whether hosts that are not among them are believed and remembered. */
  readonly trustFirst: boolean;
  readonly username?: string | undefined;
  readonly password?: string | undefined;
  /** PEM certificates that the host's is checked with, besides the public ones. */
  readonly ca?: string | undefined;
  /** Repositories that it is for: `https://host/*`; empty: for the one that it is named for. */
  readonly repositories: readonly string[];
}

export interface GitAccess {
  /** Stand before the git command's own words. */
  readonly args: readonly string[];
  /** What has been learnt of hosts, when that is more than was known. */
  learnt(): Promise<string | undefined>;
}

export interface GitAccessOptions {
  /** Closed to others (mode 0700). */
  readonly directory: string;
  readonly url: GitUrl;
  readonly credential?: GitCredential | undefined;
  /** PEM of all certificates to trust; empty: git's own. */
  readonly ca?: string | undefined;
}

const connectTimeoutSeconds = 30;
const publicCertificates = "/etc/ssl/certs/ca-certificates.crt";

export async function openGitAccess(options: GitAccessOptions): Promise<GitAccess> {
  return options.url.scheme === "ssh" ? await overSsh(options) : await overHttp(options);
}

async function overHttp({ directory, url, credential, ca = "" }: GitAccessOptions): Promise<GitAccess> {
  const settings = ["credential.helper=", "core.askPass=true"];
  const certificates = [ca, credential?.ca ?? ""].filter((text) => text !== "").join("\n");
  if (certificates !== "") {
    const file = join(directory, "ca.pem");
    const known = await readFile(publicCertificates, "utf8").catch(() => "");
    await writeFile(file, `${known}\n${certificates}`, { mode: 0o600 });
    settings.push(`http.sslCAInfo=${file}`);
  }
  if (credential?.password !== undefined) {
    const file = join(directory, "credentials");
    const [user, password] = [credential.username ?? url.user ?? "git", credential.password].map((text) =>
      encodeURIComponent(text),
    );
    // git gives it to this host only, wherever it is sent on to.
    await writeFile(file, `${url.scheme}://${user}:${password}@${url.host}\n`, { mode: 0o600 });
    settings.push(`credential.${url.scheme}://${url.host}.helper=store --file=${quoted(file)}`);
    if (url.user === undefined)
      settings.push(`credential.${url.scheme}://${url.host}.username=${credential.username ?? "git"}`);
  }
  return { args: settings.flatMap((setting) => ["-c", setting]), learnt: () => Promise.resolve(undefined) };
}

async function overSsh({ directory, credential }: GitAccessOptions): Promise<GitAccess> {
  const known = credential?.knownHosts ?? "";
  const knownFile = join(directory, "known_hosts");
  await writeFile(knownFile, known === "" || known.endsWith("\n") ? known : `${known}\n`, { mode: 0o600 });
  const identity: string[] = [];
  if (credential?.privateKey !== undefined) {
    const file = join(directory, "key");
    // OpenSSH refuses a key without its last line feed.
    await writeFile(file, `${credential.privateKey.trimEnd()}\n`, { mode: 0o600 });
    identity.push(`IdentityFile=${quoted(file)}`);
  } else {
    identity.push("IdentityFile=none");
  }
  const trust = credential === undefined || credential.trustFirst ? "accept-new" : "yes";
  const options = [
    "BatchMode=yes",
    "IdentitiesOnly=yes",
    "IdentityAgent=none",
    ...identity,
    "PreferredAuthentications=publickey",
    `UserKnownHostsFile=${quoted(knownFile)}`,
    "GlobalKnownHostsFile=/dev/null",
    `StrictHostKeyChecking=${trust}`,
    "HashKnownHosts=no",
    "UpdateHostKeys=no",
    "CheckHostIP=no",
    `ConnectTimeout=${connectTimeoutSeconds}`,
  ];
  const command = ["ssh", "-F", "/dev/null", ...options.flatMap((option) => ["-o", option])].join(" ");
  return {
    args: ["-c", `core.sshCommand=${command}`, "-c", "ssh.variant=ssh"],
    learnt: async () => {
      const now = await readFile(knownFile, "utf8");
      return now.trim() === known.trim() ? undefined : now;
    },
  };
}

/** For the shell that git runs the command with. */
function quoted(path: string): string {
  return `'${path.replaceAll("'", "'\\''")}'`;
}

/** What git and ssh complained of, as a sentence that says what to do. */
export function explainGitFailure(
  complaint: string,
  url: GitUrl,
  credential: GitCredential | undefined,
): string {
  const secret = credential === undefined ? undefined : `Secret ${credential.name}`;
  if (/REMOTE HOST IDENTIFICATION HAS CHANGED|Host key for .* has changed/i.test(complaint))
    return (
      `the host key of ${url.host} is not the one in ${secret ?? "what is known"}: either the host was given a new one, ` +
      `or somebody stands between. When you are sure of the new one, replace known_hosts in that Secret`
    );
  if (/Host key verification failed/i.test(complaint))
    return `the host key of ${url.host} is not among the known_hosts of ${secret ?? "a Secret"}: add it there (ssh-keyscan ${url.host.split(":")[0]})`;
  if (
    /Permission denied|could not read Username|could not read Password|Authentication failed|HTTP Basic/i.test(
      complaint,
    )
  ) {
    if (secret !== undefined)
      return `${url.host} does not take the ${url.scheme === "ssh" ? "key" : "user and password"} of ${secret}${
        url.scheme === "ssh" ? ": add its public key there as a deploy key" : ""
      }`;
    return url.scheme === "ssh"
      ? `${url.host} wants a key: make one with nagi deploy-keys add, and add its public part there`
      : `${url.host} wants a user and password: the repository is private or not there`;
  }
  const last = complaint
    .trim()
    .split("\n")
    .findLast(
      (line) => /^(fatal|error|ssh|remote):? /.test(line) && !/Could not read from remote/.test(line),
    );
  return (last ?? complaint.trim().split("\n").at(-1) ?? "").replace(/^(fatal|error|remote): /, "");
}
