/** Builders of pods and container records for tests of what is decided from them. */

import type { Container } from "../../../model/kinds/core/pod/container.ts";
import type { Pod } from "../../../model/kinds/core/pod/pod.ts";
import type { ContainerRecord } from "../container-record.ts";

export const nowMs = 1_700_000_000_000;

export function podOf(spec: Partial<Pod["spec"]> = {}, rest: Partial<Pod> = {}): Pod {
  const containers: Container[] = [{ name: "main", image: "img" }];
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name: "web", namespace: "ns", uid: "uid-1" },
    spec: { containers, restartPolicy: "Always", ...spec },
    ...rest,
  };
}

export function recordOf(given: Partial<ContainerRecord> = {}): ContainerRecord {
  const { name = "main", attempt = 0 } = given;
  return {
    id: `${name}-${attempt}`,
    node: "node-1",
    namespace: "ns",
    pod: "web",
    podUid: "uid-1",
    name,
    role: "app",
    attempt,
    address: "10.0.0.2",
    backoffMs: 0,
    image: "img",
    imageId: "sha256:1",
    stopSignal: "SIGTERM",
    graceSeconds: 30,
    terminationLog: "",
    logIsMessage: false,
    pauseId: "",
    tty: false,
    state: "running",
    pid: 4711,
    startedMs: nowMs - 5000,
    finishedMs: given.state === "exited" ? nowMs - 1000 : 0,
    exitCode: 0,
    oomKilled: false,
    message: "",
    ...given,
  };
}
