import { describe, expect, test } from "vitest";
import { shellCommand } from "./pod-template.ts";
import { refusedProgramText, unknownCommandText, unstartableText } from "./unstartable.ts";

const image = { name: "web", image: "i" };
const withCommand = (command: string) => ({ ...image, command: shellCommand(command) });

describe("what the engine says", () => {
  test.each([
    `runc: runc create failed: unable to start container process: exec: "serve": executable file not found in $PATH: OCI runtime attempted to invoke a command that was not found`,
    `failed to create containerd task: exec: "serve": executable file not found in $PATH: unknown`,
    "crun: executable file `serve` not found in $PATH: No such file or directory: OCI runtime attempted to invoke a command that was not found",
  ])("names the program that is missing: %s", (message) => {
    expect(unstartableText(message, image)).toBe(
      "the image has no program serve, which the image's own command starts (ENTRYPOINT, CMD); build it with a command that it has, and deploy again",
    );
  });

  test("names a path that is missing, and one that cannot be run", () => {
    const missing = `exec: "/app/serve": stat /app/serve: no such file or directory: OCI runtime`;
    expect(unstartableText(missing, image)).toContain("has no program /app/serve, which");
    expect(unstartableText(`exec: "/etc": is a directory: OCI`, image)).toContain("cannot run /etc");
    const denied = `runc create failed: unable to start container process: exec: "/etc/passwd": permission denied: OCI permission denied`;
    expect(unstartableText(denied, image)).toContain("cannot run /etc/passwd (no executable file)");
    const inFile = `unable to start container process: exec: "/etc/hostname/x": stat /etc/hostname/x: not a directory`;
    expect(unstartableText(inFile, image)).toContain("has no program /etc/hostname/x, which");
  });

  test.each([
    ["user", "unable to find user clerk: no matching entries in passwd file"],
    ["user", "Error response: unable to find user clerk: no matching entries in passwd file: unknown"],
    ["group", "unable to find group clerk: no matching entries in group file"],
  ])("names the %s that is missing: %s", (kind, message) => {
    expect(unstartableText(message, image)).toBe(
      `the image has no ${kind} clerk, as whom it is to run (USER); make that ${kind} in the image, or name one by its number, and deploy again`,
    );
  });

  test("names a working directory that cannot be entered", () => {
    const message = `unable to start container d7be: workdir "/etc/passwd" exists on container d7be, but is not a directory`;
    expect(unstartableText(message, image)).toBe(
      "the working directory /etc/passwd of the image cannot be entered (is not a directory); correct WORKDIR, or the rights of the directory, and deploy again",
    );
  });

  test("names a working directory that is closed to the user", () => {
    const message = `runc create failed: unable to start container process: error during container init: chdir to cwd ("/root") set in config.json failed: permission denied: OCI permission denied`;
    expect(unstartableText(message, image)).toContain(
      "the working directory /root of the image cannot be entered (permission denied)",
    );
  });

  test("says that an image has no shell for the process's command", () => {
    const message = `exec: "/bin/sh": stat /bin/sh: no such file or directory: OCI runtime`;
    expect(unstartableText(message, withCommand("serve --all"))).toMatch(
      /^the image has no \/bin\/sh, which its command needs: serve --all;/,
    );
  });

  test("may go away by itself when it is no matter of the program", () => {
    const message = "runc: error setting rlimit type 7: operation not permitted: OCI permission denied";
    expect(unstartableText(message, image)).toBeUndefined();
  });
});

describe("what the shell says", () => {
  test.each([
    "/bin/sh: 1: exec: serve: not found",
    "/bin/sh: line 1: exec: serve: not found",
    "/bin/sh: exec: line 0: serve: not found",
  ])("names the command: %s", (message) => {
    expect(unknownCommandText(`${message}\n`, withCommand("serve --port $PORT"))).toBe(
      "the image has no program serve, which its command starts: serve --port $PORT; correct it in the Procfile, or add the program to the image, and deploy again",
    );
  });

  test("counts only of the process's first program", () => {
    const message = "/bin/sh: 1: serve: not found";
    expect(unknownCommandText(message, withCommand("bin/prepare && serve"))).toBeUndefined();
    expect(unknownCommandText("bin/start: 3: serve: not found", withCommand("bin/start"))).toBeUndefined();
  });
});

describe("what the kernel says", () => {
  test.each(["exec format error", "no such file or directory"])("names the program: %s", (why) => {
    expect(refusedProgramText(`exec /bin/serve: ${why}\n`)).toContain(
      `the image cannot run /bin/serve (${why}: `,
    );
  });

  test("counts only when nothing else was said", () => {
    expect(refusedProgramText("ready\nexec /bin/serve: exec format error\n")).toBeUndefined();
  });
});
