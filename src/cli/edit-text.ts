/** A text, changed by the user in an editor of theirs. */

import { spawn } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { UsageError, type CommandContext } from "./command.ts";

/** Nobody else can read the file, and it is gone afterwards. */
export async function editText(context: CommandContext, name: string, text: string): Promise<string> {
  const { env } = context.host;
  const editor = [env["VISUAL"], env["EDITOR"]].find((given) => given !== undefined && given !== "") ?? "vi";
  const folder = await mkdtemp(join(tmpdir(), "nagi-edit-"));
  const file = join(folder, name);
  try {
    await writeFile(file, text, { mode: 0o600 });
    await runEditor(editor, file);
    return await readFile(file, "utf8");
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** The editor may be given with arguments, as git takes it. */
function runEditor(editor: string, file: string): Promise<void> {
  return new Promise((done, fail) => {
    const child = spawn("/bin/sh", ["-c", `${editor} "$1"`, editor, file], { stdio: "inherit" });
    child.on("error", fail);
    child.on("exit", (code) => {
      if (code === 0) done();
      else
        fail(
          new UsageError(
            `the editor ${editor} ends with ${code}: nothing is changed`,
            "Choose another: EDITOR=nano nagi config edit",
          ),
        );
    });
  });
}
