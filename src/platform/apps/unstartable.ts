/** What an image lacks or has wrong that its container cannot be started with, in words: engine, kernel and shell say it in theirs. */

import { startRefusal } from "../../lib/container-engine/start-refusal.ts";
import type { Container } from "../../model/kinds/core/pod/container.ts";

/** All that a container says whose program the kernel refused after the engine had let it go. */
const kernelText = /^exec (\S+): (exec format error|no such file or directory|permission denied)$/;
const kernelReasons: Readonly<Record<string, string>> = {
  "exec format error": "no program for this machine, or a script without #! in its first line",
  "no such file or directory": "what its first line (#!) or its loader names is not in the image",
  "permission denied": "no executable file, or its directory is closed to the user",
};
/** Of dash, bash and busybox, with the `exec` in front that is given to a plain command. */
const shellText =
  /^(?:\S*\/)?\w*sh: (?:exec: )?(?:line )?\d+: (?:exec: )?(.+?): (not found|Permission denied)$/m;

const shell = "/bin/sh";

/** What the engine said of a container that it could not start; undefined when another try may end otherwise. */
export function unstartableText(message: string, container: Container | undefined): string | undefined {
  const refusal = startRefusal(message);
  if (refusal === undefined) return undefined;
  const { what, name, why } = refusal;
  switch (what) {
    case "program":
      return textOf(name, why !== undefined, container);
    case "directory":
      return `the working directory ${name} of the image cannot be entered (${why}); correct WORKDIR, or the rights of the directory, and deploy again`;
    case "user":
    case "group":
      return `the image has no ${what} ${name}, as whom it is to run (USER); make that ${what} in the image, or name one by its number, and deploy again`;
  }
}

/**
 * What the shell said that should have become the program. Undefined when something ran before it: that may go otherwise the
 * next time.
 */
export function unknownCommandText(message: string, container: Container | undefined): string | undefined {
  const [, program, why] = shellText.exec(message) ?? [];
  const line = container?.command?.at(-1);
  if (program === undefined || line === undefined || !line.startsWith(`exec ${program}`)) return undefined;
  return textOf(program, why !== "not found", container);
}

/** What the kernel said of the container's program, when it said nothing else. */
export function refusedProgramText(message: string): string | undefined {
  const [, program, why = ""] = kernelText.exec(message.trim()) ?? [];
  if (program === undefined) return undefined;
  return `the image cannot run ${program} (${why}: ${kernelReasons[why]}); correct it in the image, and deploy again`;
}

function textOf(program: string, isThere: boolean, container: Container | undefined): string {
  const line = container?.command?.at(-1)?.replace(/^exec /, "");
  if (line !== undefined && program === shell)
    return `the image has no ${shell}, which its command needs: ${line}; take an image with a shell, or one whose own command is to run, without a Procfile`;
  const what = isThere ? `cannot run ${program} (no executable file)` : `has no program ${program}`;
  const [where, remedy] =
    line === undefined
      ? ["the image's own command starts (ENTRYPOINT, CMD)", "build it with a command that it has"]
      : [`its command starts: ${line}`, "correct it in the Procfile, or add the program to the image"];
  return `the image ${what}, which ${where}; ${remedy}, and deploy again`;
}
