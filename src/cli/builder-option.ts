/** The source-to-image builder of an app, as people type it. */

import { checkImage } from "../model/kinds/nagi/app-names.ts";
import type { AppSpec } from "../model/kinds/nagi/app/app.ts";
import { UsageError, type CommandContext, type Option } from "./command.ts";

type Given = NonNullable<NonNullable<AppSpec["source"]>["builder"]>;

export interface AskedBuilder {
  readonly image: string;
  readonly incremental: boolean;
}

export const builderOptions: readonly Option[] = [
  {
    name: "builder",
    type: "string",
    value: "IMAGE",
    description:
      "Source-to-image builder of the app: STREAM:TAG of an image stream, or an image of a registry (with a /); an empty one stands for none.",
  },
  {
    name: "incremental",
    type: "boolean",
    description: "Let the builder begin with what it saved of the last build.",
  },
];

/** Null: no builder any more; undefined: nothing said of it. */
export function askedBuilder(
  context: CommandContext,
  present: Given | undefined,
): AskedBuilder | null | undefined {
  const given = context.text("builder");
  const incremental = context.flag("incremental");
  if (given === "" && incremental)
    throw new UsageError("--incremental belongs to a builder", "For instance: --builder perl-builder:latest");
  if (given === "") return null;
  const image = given ?? (incremental ? present?.image : undefined);
  if (image === undefined) {
    if (!incremental) return undefined;
    throw new UsageError(
      "--incremental belongs to a builder, and the app has none",
      "For instance: --builder perl-builder:latest --incremental",
    );
  }
  const problem = checkImage(image);
  if (problem !== undefined) throw new UsageError(`--builder is ${JSON.stringify(image)}: it ${problem}`);
  return { image, incremental };
}
