/**
 * OpenShift's ways to start builds: `instantiate` of a configuration, `clone` of a build. They make objects, as the
 * user who asks; whoever runs builds does the rest.
 */

import type { Client } from "../../../client/client.ts";
import { cloneBuild, startBuild } from "../../../client/start-build.ts";
import type { UserInfo } from "../../../client/user.ts";
import { build } from "../../../model/kinds/build/build/build.ts";
import { buildConfig } from "../../../model/kinds/build/buildconfig/buildconfig.ts";
import { buildRequest, type BuildRequest } from "../../../model/kinds/build/build-request.ts";
import type { JsonValue } from "../../../model/schema.ts";
import { admitObject } from "../../../model/validate.ts";
import { badRequest, conflict } from "../api-errors.ts";
import { checkType } from "../operations/checks.ts";
import { copyJson } from "../operations/json.ts";
import type { Action } from "./action.ts";

type ClientFor = (user: UserInfo) => Client;

export function buildActions(clientFor: ClientFor): [string, Action][] {
  return [
    ["buildconfigs.build.openshift.io/instantiate", instantiate(clientFor)],
    ["builds.build.openshift.io/clone", clone(clientFor)],
  ];
}

function instantiate(clientFor: ClientFor): Action {
  return async ({ parts, user, namespace, name, body, dryRun }) => {
    const asked = readRequest(body, name, { nesting: parts.limits.nesting, dryRun });
    const client = clientFor(user);
    const ref = { namespace, name };
    const { lastVersion, env, triggeredBy = [], revision } = asked;
    if (lastVersion !== undefined) {
      const present = (await client.get(buildConfig, ref)).status?.lastVersion ?? 0;
      const why = `the last build has number ${present}, not ${lastVersion}`;
      if (present !== lastVersion) throw conflict(buildConfig, name, why);
    }
    return await startBuild(client, ref, {
      cause: "Manually triggered",
      causes: triggeredBy,
      revision,
      env,
      buildArgs: asked.dockerStrategyOptions?.buildArgs,
      noCache: asked.dockerStrategyOptions?.noCache,
      incremental: asked.sourceStrategyOptions?.incremental,
    });
  };
}

function clone(clientFor: ClientFor): Action {
  return async ({ parts, user, namespace, name, body, dryRun }) => {
    readRequest(body, name, { nesting: parts.limits.nesting, dryRun });
    const client = clientFor(user);
    return await cloneBuild(client, await client.get(build, { namespace, name }), `Clone of ${name}`);
  };
}

interface Reading {
  readonly nesting: number;
  readonly dryRun: boolean | undefined;
}

/** Clients leave out what the path says. */
function readRequest(body: JsonValue, name: string, { nesting, dryRun }: Reading): BuildRequest {
  if (dryRun === true) throw badRequest("a build cannot be started as a dry run");
  const given = copyJson(body as object, nesting) as Partial<BuildRequest>;
  const { apiVersion = "build.openshift.io/v1", kind = "BuildRequest" } = given;
  const request = { ...given, apiVersion, kind, metadata: { ...given.metadata, name } };
  checkType(buildRequest, request);
  admitObject(buildRequest, request);
  return request;
}
