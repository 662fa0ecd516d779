/**
 * Static tokens, one user a line in Kubernetes' token file format (`token,user,uid,"group1,group2"`), made at
 * first start and readable by the owner only. Whoever can read the file can do all that its users can.
 */

import { createHash, randomBytes, timingSafeEqual } from "node:crypto";
import { chmod } from "node:fs/promises";
import { join } from "node:path";
import type { UserInfo } from "../../../client/user.ts";
import { readIfThere, writePrivate } from "../../../lib/private-files.ts";
import type { TokenSource } from "./authenticator.ts";

export interface StaticUser extends UserInfo {
  readonly token: string;
}

export interface TokenFile extends TokenSource {
  /** The token of a user that was asked for when the file was opened. */
  tokenOf(username: string): string;
}

export interface TokenFileOptions {
  readonly directory: string;
  /** Users that must have a token; made when they have none yet. */
  readonly users: readonly UserInfo[];
}

const fileName = "tokens.csv";
const tokenBytes = 32;

export async function openTokenFile({ directory, users }: TokenFileOptions): Promise<TokenFile> {
  const path = join(directory, fileName);
  const present = parseTokenFile((await readIfThere(path)) ?? "", path);
  const missing = users.filter((user) => !present.some(({ username }) => username === user.username));
  const made = missing.map((user) => ({
    ...user,
    uid: user.uid ?? user.username,
    token: randomBytes(tokenBytes).toString("base64url"),
  }));
  const all = [...present, ...made];
  if (made.length > 0) await writePrivate(path, all.map(lineOf).join(""));
  else await chmod(path, 0o600);
  return tokenFileOf(all);
}

function tokenFileOf(users: readonly StaticUser[]): TokenFile {
  const known = users.map((user) => ({ user, digest: digestOf(user.token) }));
  return {
    userOf(token) {
      const digest = digestOf(token);
      // All of them are compared, so that the time taken does not depend on which one it is.
      let found: UserInfo | undefined;
      for (const { user, digest: own } of known) if (timingSafeEqual(own, digest)) found = user;
      if (found === undefined) return undefined;
      const { username, groups, uid } = found;
      return { username, groups, uid };
    },
    tokenOf(username) {
      const user = users.find((each) => each.username === username);
      if (user === undefined) throw new Error(`cannot find a token of user ${username}`);
      return user.token;
    },
  };
}

function digestOf(token: string): Buffer {
  return createHash("sha256").update(token).digest();
}

function lineOf({ token, username, uid, groups }: StaticUser): string {
  return `${token},${username},${uid},"${groups.join(",")}"\n`;
}

export function parseTokenFile(text: string, path: string): StaticUser[] {
  const lines = text.split("\n").map((line, index) => ({ line: line.trim(), number: index + 1 }));
  return lines
    .filter(({ line }) => line !== "" && !line.startsWith("#"))
    .map(({ line, number }) => {
      const [, token, username, uid, groups] =
        /^(?<token>[^,"]+),(?<user>[^,"]+),(?<uid>[^,"]*)(?:,"?(?<groups>[^"]*)"?)?$/.exec(line) ?? [];
      if (token === undefined || username === undefined) {
        throw new Error(`cannot read ${path}, line ${number}: expected token,user,uid,"group1,group2"`);
      }
      const groupList = (groups ?? "").split(",").filter((group) => group !== "");
      return { token, username, uid: uid === "" ? username : (uid ?? username), groups: groupList };
    });
}
