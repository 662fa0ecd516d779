import { expect, test } from "vitest";
import { EngineError } from "../../lib/container-engine/engine-transport.ts";
import { isUsersMistake } from "./start-container.ts";

test.each([
  [404, "no such file", true],
  [400, "exec: nope: not found", true],
  [500, 'exec: "x": not found in $PATH: OCI runtime attempted to invoke a command that was not found', true],
  [500, 'exec: "/x": permission denied: OCI runtime permission denied error', true],
  [
    500,
    'runc: runc create failed: unable to start container process: exec: "/etc": permission denied: OCI permission denied',
    true,
  ],
  [
    500,
    'runc: runc create failed: unable to start container process: exec: "/etc/passwd/x": stat /etc/passwd/x: not a directory',
    true,
  ],
  [500, 'workdir "/etc/passwd" exists on container d7be, but is not a directory', true],
  [500, "unable to find user clerk: no matching entries in passwd file", true],
  [500, "runc: error setting rlimit type 7: operation not permitted: OCI permission denied", false],
  [500, "address already in use", false],
  [0, "the engine is gone", false],
])("status %i, %s: the user's mistake %s", (status, message, is) => {
  expect(isUsersMistake(new EngineError(status, message))).toBe(is);
});
