import { describe, expect, it } from "vitest";
import { sessionOf } from "./session-server.ts";
import { authorizedKeys } from "./sshd-config.ts";

const user = { username: "ann", groups: [] };

describe("sessionOf", () => {
  it.each([
    ["git-receive-pack 'shop.git'", "default/shop", true],
    ["git-upload-pack '/team/shop.git'", "team/shop", false],
    ["git upload-pack 'shop'", "default/shop", false],
  ])("%s", (command, repository, writes) => {
    const session = sessionOf(command, "version=2", user);
    if (typeof session === "string") throw new Error(session);
    expect(`${session.repository.namespace}/${session.repository.app}`).toBe(repository);
    expect(session).toMatchObject({ writes, user, protocol: "version=2" });
  });

  it.each([
    ["", "Nagi speaks git here and gives no shell"],
    ["sh", "Only git push"],
    ["git-receive-pack 'a.git'; sh", "Only git push"],
    ["git-upload-archive 'a.git'", "Only git push"],
    ["git-receive-pack '../a.git'", "There is no repository"],
    ["git-receive-pack 'a/b/c.git'", "There is no repository"],
  ])("refuses %j", (command, message) => expect(sessionOf(command, "", user)).toContain(message));
});

it("writes a line a key, each with the one command that it may run", () => {
  const key = { fingerprint: "", title: "x", user, createdAt: undefined };
  const keys = [
    { ...key, id: "ssh-key-b", publicKey: "ssh-ed25519 BBBB" },
    { ...key, id: "ssh-key-a", publicKey: "ssh-ed25519 AAAA" },
  ];
  expect(authorizedKeys(keys, "sh /run/session.sh")).toBe(
    'restrict,command="sh /run/session.sh ssh-key-a" ssh-ed25519 AAAA\n' +
      'restrict,command="sh /run/session.sh ssh-key-b" ssh-ed25519 BBBB\n',
  );
});
