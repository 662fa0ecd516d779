/** Makes the objects of a template, and before them the images of Nagi's own that they run. */

import { waitFor } from "../../client/wait-for.ts";
import { systemClock } from "../../lib/clock.ts";
import {
  platform as platformKind,
  wantedAnnotation,
  type Platform,
} from "../../model/kinds/nagi/platform/platform.ts";
import type { KubeObject } from "../../model/meta.ts";
import { isNotFound, isStatus } from "../../model/status.ts";
import { UsageError, type CommandContext } from "../command.ts";
import { printWritten } from "../output.ts";
import { kindOf } from "../resources.ts";

const platformImage = /"localhost\/nagi\/([a-z0-9-]+):latest"/g;
const platformMaxMs = 15 * 60_000;

/** Platforms are made when the first app wants them: these are wanted now. */
export async function preparePlatforms(
  context: CommandContext,
  objects: readonly KubeObject[],
): Promise<void> {
  const text = JSON.stringify(objects);
  const names = new Set([...text.matchAll(platformImage)].flatMap(([, name]) => name ?? []));
  for (const name of names) await preparePlatform(context, name);
}

async function preparePlatform(context: CommandContext, name: string): Promise<void> {
  const client = await context.client();
  const body = { metadata: { annotations: { [wantedAnnotation]: new Date().toISOString() } } };
  const present = await client
    .patch(platformKind, { name }, { type: "merge", body })
    .catch((error: unknown) => {
      if (!isNotFound(error)) throw error;
      throw new UsageError(
        `the template runs an image of platform ${name}, which is not there`,
        "See: nagi platforms",
      );
    });
  if (present.status?.phase === "Ready") return;
  const until = (found: Platform | undefined): boolean => {
    const { phase = "Pending", message = "" } = found?.status ?? {};
    context.terminal.progress(`Making the image of ${name}: ${message}`);
    return phase === "Ready" || phase === "Failed";
  };
  const wait = { kind: platformKind, ref: { name }, until };
  const limits = { clock: systemClock, timeoutMs: platformMaxMs, signal: context.signal };
  const made = await waitFor(client, wait, limits);
  context.terminal.progressDone();
  if (made?.status?.phase !== "Ready")
    throw new Error(
      `cannot make the image of platform ${name}: ${made?.status?.message ?? "no reason is known"}`,
    );
}

/** What is there already is said, and the rest is made. */
export async function makeObjects(context: CommandContext, objects: readonly KubeObject[]): Promise<void> {
  const client = await context.client();
  for (const manifest of objects) {
    const kind = await kindOf(client, manifest);
    const object = kind.namespaced
      ? manifest
      : { ...manifest, metadata: { ...manifest.metadata, namespace: undefined } };
    try {
      const created = await client.create(kind, object, { fieldValidation: "Strict" });
      printWritten(context, kind, { object: created, verb: "created" });
    } catch (error) {
      if (!isStatus(error, "AlreadyExists")) throw error;
      throw new UsageError(
        `${manifest.kind} ${manifest.metadata.name} exists already; what was made before it stays`,
        "Choose another name with --param, or delete what is there: nagi delete -f FILE",
      );
    }
  }
}
