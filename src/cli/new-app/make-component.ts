/** Makes the app of a source or image and deploys it. */

import { app as appKind } from "../../model/kinds/nagi/app/app.ts";
import { isStatus } from "../../model/status.ts";
import { UsageError, type CommandContext } from "../command.ts";
import { deployFolder } from "../deploy/deploy-folder.ts";
import { followRelease } from "../releases/release-progress.ts";
import type { Component } from "./component.ts";

/** Resolves with the exit code. */
export async function makeComponent(context: CommandContext, component: Component): Promise<number> {
  const { app, folder, origin, dispose } = component;
  const client = await context.client();
  try {
    const made = await client.create(appKind, app).catch((error: unknown) => {
      if (!isStatus(error, "AlreadyExists")) throw error;
      throw new UsageError(
        `there is an app ${app.metadata.name} in namespace ${app.metadata.namespace} already`,
        "Name another: --name NAME. Or deploy to it: nagi deploy",
      );
    });
    context.terminal.print(`Created app ${app.metadata.name}`);
    if (folder === undefined) return await followRelease(context, made);
    const code = await deployFolder(context, made, {
      path: folder,
      origin,
      all: false,
      message: `Deploy of ${origin}`,
    });
    if (code === 0 && made.spec?.source?.git !== undefined)
      context.terminal.print(
        `Later commits: nagi deploy --app ${made.metadata.name}, or by themselves: nagi webhooks add --app ${made.metadata.name}`,
      );
    return code;
  } finally {
    dispose();
  }
}
