/**
 * The account of this machine that git over SSH logs in to. It owns nothing and has no password; sshd needs one whose
 * shell starts, which none of Debian's own accounts without rights has.
 */

import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { promisify } from "node:util";

const run = promisify(execFile);

export const accountName = "nagi";
const comment = "Git over SSH for Nagi";

export interface Account {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
}

/** The account, made when it is missing. */
export async function ensureAccount(path: string): Promise<Account> {
  const present = await findAccount();
  if (present !== undefined) return present;
  const options = ["--system", "--user-group", "--no-create-home", "--home-dir", "/"];
  const looks = ["--shell", "/bin/sh", "--password", "*", "--comment", comment];
  try {
    await run("useradd", [...options, ...looks, accountName], { env: { PATH: `${path}:/usr/sbin:/sbin` } });
  } catch (cause) {
    // Another platform of this machine may have been quicker.
    const made = await findAccount();
    if (made !== undefined) return made;
    throw new Error(`cannot make the account ${accountName} for git over SSH`, { cause });
  }
  const made = await findAccount();
  if (made === undefined) throw new Error(`cannot find the account ${accountName} that was made`);
  return made;
}

async function findAccount(): Promise<Account | undefined> {
  const lines = (await readFile("/etc/passwd", "utf8")).split("\n").map((line) => line.split(":"));
  const found = lines.find(([name]) => name === accountName);
  if (found === undefined) return undefined;
  if (found[4] !== comment)
    throw new Error(
      `cannot use the account ${accountName} for git over SSH: it is somebody else's. Rename it, or push over HTTP`,
    );
  return { name: accountName, uid: Number(found[2]), gid: Number(found[3]) };
}
