/** That a container's program or user is not in its image, or the program cannot be run, in words: the engine and the shell say it in theirs. */

import type { Container } from "../../model/kinds/core/pod/container.ts";

interface Unstartable {
  readonly program: string;
  readonly isThere: boolean;
}

/** Of runc, crun and, before them, containerd: what kept the first process from starting. */
const missingTexts: readonly RegExp[] = [
  /exec: "([^"]+)": executable file not found in \$PATH/,
  /exec: "([^"]+)": stat [^:]+: (?:no such file or directory|not a directory)/,
  /executable file [`']([^`']+)[`'] not found/,
];
const unrunnableText = /exec: "([^"]+)": (?:permission denied|is a directory)/;
/** Of Podman and Docker, for `USER` of the image or runAsUser of the pod. */
const userText = /unable to find (user|group) ([^:]+): no matching entries in (?:passwd|group) file/;
/** Of dash, bash and busybox, with the `exec` in front that is given to a plain command. */
const shellText =
  /^(?:\S*\/)?\w*sh: (?:exec: )?(?:line )?\d+: (?:exec: )?(.+?): (not found|Permission denied)$/m;

const shell = "/bin/sh";

/** What the engine said of a container that it could not start; undefined when another try may end otherwise. */
export function unstartableText(message: string, container: Container | undefined): string | undefined {
  const [, kind, account] = userText.exec(message) ?? [];
  if (account !== undefined)
    return `the image has no ${kind} ${account}, as whom it is to run (USER); make that ${kind} in the image, or name one by its number, and deploy again`;
  const missing = missingTexts.map((text) => text.exec(message)?.[1]).find((name) => name !== undefined);
  const program = missing ?? unrunnableText.exec(message)?.[1];
  return program === undefined ? undefined : textOf({ program, isThere: missing === undefined }, container);
}

/**
 * What the shell said that should have become the program. Undefined when something ran before it: that may go otherwise the
 * next time.
 */
export function unknownCommandText(message: string, container: Container | undefined): string | undefined {
  const [, program, why] = shellText.exec(message) ?? [];
  const line = container?.command?.at(-1);
  if (program === undefined || line === undefined || !line.startsWith(`exec ${program}`)) return undefined;
  return textOf({ program, isThere: why !== "not found" }, container);
}

function textOf({ program, isThere }: Unstartable, container: Container | undefined): string {
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
