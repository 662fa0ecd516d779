/** The image that a name stands for now, by its digest, so that a release means it for ever. */

import { askPlatform } from "../ask-platform.ts";
import type { CommandContext } from "../command.ts";

interface Wanted {
  readonly namespace: string | undefined;
  readonly image: string;
}

/** Throws what the user can mend: there is no such image, or it may not be had. */
export async function resolveImage(
  context: CommandContext,
  { namespace = "default", image }: Wanted,
): Promise<string> {
  const path = `/-/images/resolve?${new URLSearchParams({ namespace, image }).toString()}`;
  return (await askPlatform<{ readonly image: string }>(context, { method: "GET", path })).image;
}
