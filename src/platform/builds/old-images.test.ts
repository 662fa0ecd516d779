import { expect, it } from "vitest";
import { newObject } from "../../model/kind.ts";
import { build as buildKind, type Build } from "../../model/kinds/build/build/build.ts";
import type { Pod } from "../../model/kinds/core/pod/pod.ts";
import type { Release } from "../../model/kinds/nagi/release/release.ts";
import { neededImages } from "./old-images.ts";

function built(
  app: string,
  number: number,
  pushed: "True" | "False" = "True",
  phase: "Complete" | "Failed" = "Complete",
): Build {
  return newObject<Build>(
    buildKind,
    { name: `${app}-${number}`, namespace: "default", labels: { "nagi.dev/app": app } },
    {
      spec: { strategy: { type: "Nagi" } },
      status: {
        phase,
        completionTimestamp: `2026-01-01T00:00:0${number}Z`,
        outputDockerImageReference: `r/default/${app}:${number}`,
        conditions: [{ type: "Pushed", status: pushed }],
      },
    },
  );
}

it("keeps what runs, what can be rolled back to, what is not pushed, and the newest of each app", () => {
  const needed = neededImages({
    builds: [
      built("a", 1),
      built("a", 2, "False"),
      built("a", 3),
      built("a", 4, "True", "Failed"),
      built("b", 1),
    ],
    releases: [{ spec: { image: "r/default/a:0" } } as Release],
    pods: [{ spec: { containers: [{ name: "c", image: "r/default/c:7" }] } } as Pod],
    apps: [],
  });
  expect([...needed].sort()).toEqual([
    "r/default/a:0",
    "r/default/a:2",
    "r/default/a:3",
    "r/default/b:1",
    "r/default/c:7",
  ]);
});
