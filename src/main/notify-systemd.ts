/** Tells systemd, when that started this process, that the platform is ready. */

import { execFile } from "node:child_process";
import { promisify } from "node:util";

const notifyMaxMs = 5000;

/** Node has no datagrams over Unix sockets: systemd's own program sends them. */
export async function notifyReady(env: Readonly<Record<string, string | undefined>>): Promise<void> {
  if ((env["NOTIFY_SOCKET"] ?? "") === "") return;
  await promisify(execFile)("systemd-notify", ["--ready"], { env: { ...env }, timeout: notifyMaxMs });
}
