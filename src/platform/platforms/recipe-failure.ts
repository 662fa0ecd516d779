/** Why an image of a recipe could not be made, in words that say what to change. Pure. */

import { messageOf } from "../../lib/errors.ts";

/** The recipe is wrong: another try would fail too. */
export class RecipeFailure extends Error {
  override readonly name = "RecipeFailure";
}

export interface Complaint {
  /** Of the engine, or of the program that makes a root file system. */
  readonly error: unknown;
  /** The last lines that the steps wrote. */
  readonly output: readonly string[];
  readonly suite: string;
}

const network =
  /Temporary failure|Could not resolve|Failed to fetch|Unable to connect|Connection (refused|timed out|failed)|Network is unreachable|ETIMEDOUT|ENOTFOUND|EAI_AGAIN|no space left on device|certificate verif/i;
const shownLines = 5;

export function explainRecipeFailure({ error, output, suite }: Complaint): Error {
  const message = messageOf(error);
  const text = [message, ...output].join("\n");
  const missing = [
    ...text.matchAll(
      /Unable to locate package ([^\s|]+)|Package '?([^\s']+)'? has no installation candidate/g,
    ),
  ].map(([, first, second]) => first ?? second ?? "");
  const names = [...new Set(missing)].join(", ");
  if (names !== "")
    return new RecipeFailure(
      `Debian ${suite} has no package ${names}: look up its name, and change the recipe`,
      { cause: error },
    );
  if (network.test(text)) return new Error(`${message}${saidText(output)}`, { cause: error });
  const step =
    /building at STEP "((?:[^"\\]|\\.)*)":.*?(?:exit status|exited with|non-zero code:?) (\d+)/s.exec(
      message,
    );
  if (step !== null) {
    const command = (step[1] ?? "").replaceAll(/--mount=\S+ /g, "").replaceAll('\\"', '"');
    return new RecipeFailure(
      `\`${command.slice(0, 200)}\` ended with exit status ${step[2]}${saidText(output)}`,
      { cause: error },
    );
  }
  if (/\b(dockerfile|containerfile)\b|unknown instruction|no FROM statement/i.test(message))
    return new RecipeFailure(`${message}${saidText(output)}`, { cause: error });
  return new Error(`${message}${saidText(output)}`, { cause: error });
}

function saidText(output: readonly string[]): string {
  const lines = output.slice(-shownLines).map((line) => line.trim());
  return lines.length === 0 ? "" : `; its last words: ${lines.join(" | ")}`;
}
