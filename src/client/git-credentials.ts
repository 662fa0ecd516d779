/**
 * The Secrets that a git repository is fetched with: the one that is named for it; the deploy keys of the app
 * (`nagi deploy-keys`); and, as in OpenShift, those of the namespace whose annotations
 * `build.openshift.io/source-secret-match-uri-1` and on match its address.
 */

import { decodeText, encodeText } from "../lib/base64.ts";
import { canonicalGitUrl, parseGitUrl } from "../lib/git/git-url.ts";
import type { GitCredential } from "../lib/git/git-access.ts";
import { secret as secretKind, type Secret } from "../model/kinds/core/secret/secret.ts";
import { isNotFound } from "../model/status.ts";
import type { Client } from "./client.ts";

/** Its value is the app's name. */
export const deployKeyLabel = "nagi.dev/deploy-key";
/** `first-use`: hosts that are not known yet are believed once, and remembered. */
export const knownHostsAnnotation = "nagi.dev/known-hosts";
export const matchAnnotation = "build.openshift.io/source-secret-match-uri-";

/** The keys of the entries are Kubernetes' and OpenShift's. */
export const entries = {
  privateKey: "ssh-privatekey",
  publicKey: "ssh-publickey",
  knownHosts: "known_hosts",
  username: "username",
  password: "password",
  ca: "ca.crt",
} as const;

/** The Secret that is named for a repository cannot be used. */
export class GitCredentialProblem extends Error {
  override readonly name = "GitCredentialProblem";
}

export interface WantedCredentials {
  readonly namespace: string;
  readonly app?: string | undefined;
  /** Secret that the main repository's source names. */
  readonly secretName?: string | undefined;
  /** Address of the main repository; its credentials hold for the same host. */
  readonly mainUrl?: string | undefined;
}

export interface GitCredentials {
  /** What the repository is fetched with. */
  for(url: string): GitCredential | undefined;
}

/** Throws a GitCredentialProblem when the named Secret is missing or holds nothing of use. */
export async function loadGitCredentials(client: Client, wanted: WantedCredentials): Promise<GitCredentials> {
  const { namespace, app, secretName, mainUrl } = wanted;
  const { items } = await client.list(secretKind, { namespace });
  const named = secretName === undefined ? undefined : await namedCredential(client, namespace, secretName);
  const own = items
    .filter(({ metadata }) => app !== undefined && metadata.labels?.[deployKeyLabel] === app)
    .map(credentialOf);
  const others = items
    .filter(({ metadata }) => metadata.labels?.[deployKeyLabel] === undefined)
    .map(credentialOf)
    .filter(({ repositories }) => repositories.length > 0);
  return { for: (url) => chooseCredential({ named, own, others, mainUrl }, url) };
}

export interface Candidates {
  readonly named?: GitCredential | undefined;
  readonly own: readonly GitCredential[];
  readonly others: readonly GitCredential[];
  readonly mainUrl?: string | undefined;
}

/** The more it was meant for this repository, the earlier. */
export function chooseCredential(
  { named, own, others, mainUrl }: Candidates,
  url: string,
): GitCredential | undefined {
  const fits = (each: GitCredential): boolean => isFor(each, url);
  const matching = own.find((each) => each.repositories.length > 0 && matches(each, url) && fits(each));
  if (matching !== undefined) return matching;
  if (mainUrl === undefined || isSameHost(url, mainUrl)) {
    // Without a main repository there is no host that a password could be meant for.
    const usual = [
      ...(named === undefined ? [] : [named]),
      ...own.filter((each) => each.repositories.length === 0),
    ];
    const found = usual.find((each) => fits(each) && (mainUrl !== undefined || each.password === undefined));
    if (found !== undefined) return found;
  }
  return others.find((each) => matches(each, url) && fits(each));
}

function isFor({ privateKey, password, ca }: GitCredential, url: string): boolean {
  const scheme = parseGitUrl(url)?.scheme;
  if (scheme === "ssh") return privateKey !== undefined;
  return password !== undefined || (scheme === "https" && ca !== undefined);
}

function matches({ repositories }: GitCredential, url: string): boolean {
  const address = canonicalGitUrl(url);
  return repositories.some((pattern) => {
    if (!pattern.includes("*")) return canonicalGitUrl(pattern) === address;
    const expression = pattern
      .split("*")
      .map((part) => part.replaceAll(/[.+?^${}()|[\]\\]/g, "\\$&"))
      .join(".*");
    return new RegExp(`^${expression}$`).test(address);
  });
}

function isSameHost(url: string, other: string): boolean {
  const [a, b] = [parseGitUrl(url), parseGitUrl(other)];
  if (a === undefined || b === undefined || a.host.split(":")[0] !== b.host.split(":")[0]) return false;
  if (a.scheme === "ssh" || b.scheme === "ssh") return true;
  // What is sent over TLS is not sent in the clear, nor to another port.
  return a.scheme === b.scheme && a.host === b.host;
}

async function namedCredential(client: Client, namespace: string, name: string): Promise<GitCredential> {
  const found = await client.get(secretKind, { namespace, name }).catch((error: unknown) => {
    if (!isNotFound(error)) throw error;
    throw new GitCredentialProblem(
      `Secret ${name}, which the source names, is not in namespace ${namespace}: create it, or name another`,
    );
  });
  const credential = credentialOf(found);
  if (credential.privateKey !== undefined || credential.password !== undefined || credential.ca !== undefined)
    return credential;
  throw new GitCredentialProblem(
    `Secret ${name}, which the source names, has neither ${entries.privateKey} (kubernetes.io/ssh-auth) ` +
      `nor ${entries.password} (kubernetes.io/basic-auth)`,
  );
}

function credentialOf({ metadata, data = {} }: Secret): GitCredential {
  const text = (key: string): string | undefined => {
    const value = data[key];
    return value === undefined || value === "" ? undefined : decodeText(value);
  };
  const { annotations = {} } = metadata;
  const known = text(entries.knownHosts);
  return {
    name: metadata.name ?? "",
    privateKey: text(entries.privateKey),
    knownHosts: known,
    trustFirst: known === undefined || annotations[knownHostsAnnotation] === "first-use",
    username: text(entries.username)?.trim(),
    // A file that it was made of often ends with a line feed.
    password: text(entries.password)?.trimEnd(),
    ca: text(entries.ca),
    repositories: Object.entries(annotations)
      .filter(([key]) => key.startsWith(matchAnnotation))
      .map(([, value]) => value.trim()),
  };
}

/** Keeps what was learnt of hosts at the first use of a key. */
export async function rememberKnownHosts(
  client: Client,
  { namespace, name }: { readonly namespace: string; readonly name: string },
  knownHosts: string,
): Promise<void> {
  const body = {
    metadata: { annotations: { [knownHostsAnnotation]: "first-use" } },
    data: { [entries.knownHosts]: encodeText(knownHosts) },
  };
  await client.patch(secretKind, { namespace, name }, { type: "merge", body });
}
