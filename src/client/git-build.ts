/** The build of an app whose source is a git repository elsewhere. */

import { appLabel } from "../model/kinds/nagi/app/app-names.ts";
import { newObject } from "../model/kind.ts";
import { build as buildKind, type Build } from "../model/kinds/build/build/build.ts";
import type { App } from "../model/kinds/nagi/app/app.ts";
import { resourcesOfApp, strategyOfApp } from "../model/kinds/nagi/app/app-strategy.ts";
import { controllerRef } from "../model/meta.ts";
import type { Client } from "./client.ts";
import { createBuild } from "./create-build.ts";

export interface GitBuild {
  /** Why, in words. */
  readonly cause: string;
  /** Who asked for it. */
  readonly by?: string | undefined;
  /** Branch or tag instead of the app's own. */
  readonly ref?: string | undefined;
  /** In full; the newest of the branch when absent. */
  readonly commit?: string | undefined;
  readonly env?: readonly { readonly name: string; readonly value?: string | undefined }[] | undefined;
  readonly annotations?: Readonly<Record<string, string>> | undefined;
}

/** Undefined when the app has no such source. */
export async function startGitBuild(client: Client, app: App, asked: GitBuild): Promise<Build | undefined> {
  const { namespace, name = "" } = app.metadata;
  const { git, contextDir } = app.spec?.source ?? {};
  if (git === undefined) return undefined;
  const { cause, by, commit, env = [], annotations = {} } = asked;
  const ref = asked.ref ?? git.ref;
  const who = by === undefined ? {} : { "nagi.dev/pushed-by": by };
  const fresh = newObject<Build>(
    buildKind,
    {
      namespace,
      labels: { [appLabel]: name },
      annotations: { ...who, ...(ref === undefined ? {} : { "nagi.dev/branch": ref }), ...annotations },
      ownerReferences: [controllerRef(app)],
    },
    {
      spec: {
        source: { type: "Git", git: { uri: git.uri, ref }, contextDir, sourceSecret: git.secretRef },
        ...(commit === undefined ? {} : { revision: { type: "Git", git: { commit } } }),
        resources: resourcesOfApp(app.spec),
        strategy: strategyOfApp(app.spec, env.length === 0 ? {} : { env: [...env] }),
        output: { to: { kind: "ImageStreamTag", name: `${name}:latest` } },
        triggeredBy: [{ message: cause }],
      },
    },
  );
  return await createBuild(client, name, fresh);
}
