/** Git for repositories elsewhere, with the Secrets of the namespace that belong to them. */

import { RemoteGit } from "../lib/git/remote-git.ts";
import type { Client } from "./client.ts";
import { loadGitCredentials, rememberKnownHosts, type WantedCredentials } from "./git-credentials.ts";

export interface OpenRemoteGit extends WantedCredentials {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly ca?: string | undefined;
  readonly signal?: AbortSignal | undefined;
  /** A host key could not be kept: the fetch goes on, and the next one believes again. */
  readonly onForgotten: (error: unknown) => void;
}

/** Throws a GitCredentialProblem when the named Secret cannot be used. */
export async function openRemoteGit(client: Client, options: OpenRemoteGit): Promise<RemoteGit> {
  const { env, ca, signal, namespace, onForgotten } = options;
  const credentials = await loadGitCredentials(client, options);
  return new RemoteGit({
    env,
    ca,
    signal,
    credentialFor: (url) => credentials.for(url),
    onLearnt: async ({ name }, knownHosts) => {
      await rememberKnownHosts(client, { namespace, name }, knownHosts).catch(onForgotten);
    },
  });
}
