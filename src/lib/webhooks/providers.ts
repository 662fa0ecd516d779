/** The forges whose webhooks are understood. */

import { bitbucket } from "./bitbucket.ts";
import type { Provider } from "./event.ts";
import { generic } from "./generic.ts";
import { gitea, github } from "./github.ts";
import { gitlab } from "./gitlab.ts";

export const providerNames = ["github", "gitlab", "gitea", "bitbucket", "generic"] as const;
export type ProviderName = (typeof providerNames)[number];

export const providers: Readonly<Record<ProviderName, Provider>> = {
  github,
  gitlab,
  gitea,
  bitbucket,
  generic,
};
