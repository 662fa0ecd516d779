import { expect, it } from "vitest";
import { checkMountPath, sharedVolumes, volumeErrors, volumeParts, type AppVolume } from "./app-volumes.ts";

const data: AppVolume = { claim: "data", path: "/data" };
const errors = (volumes: AppVolume[], processes = {}) =>
  volumeErrors(volumes, processes).map(({ path, detail }) => `${path}: ${detail}`);

it("takes volumes of one instance each", () => {
  expect(
    errors([data, { claim: "logs", path: "/logs" }, { claim: "jobs", path: "/data", process: "worker" }]),
  ).toEqual([]);
  expect(
    errors([data, { ...data, path: "/more" }], { web: { replicas: 1 }, worker: { replicas: 3 } }),
  ).toEqual([]);
});

it("refuses what would give a volume two writers", () => {
  expect(errors([data], { web: { replicas: 2 } }).join()).toMatch(
    /spec\.processes\[web\]\.replicas.*web has the volume data, which one instance at a time may have: scale it to 1/,
  );
  expect(errors([data, { ...data, process: "worker" }]).join()).toMatch(
    /spec\.volumes\[1\]\.claim.*web has it already/,
  );
  const shared = { ...data, shared: true };
  expect(errors([shared, { ...shared, process: "worker" }], { web: { replicas: 5 } })).toEqual([]);
  expect(errors([data, { ...shared, process: "worker" }])).toHaveLength(1);
});

it("refuses two volumes at one place, and paths that are none", () => {
  expect(errors([data, { claim: "logs", path: "/data" }]).join()).toContain("web has another volume there");
  expect(
    ["/", "data", "/data/", "/a/../b", "/a b", "/a:b", ""].filter(
      (path) => checkMountPath(path) === undefined,
    ),
  ).toEqual([]);
  expect(checkMountPath("/var/lib/app-1.0")).toBeUndefined();
});

it("gives commands beside the processes what is shared, one volume a path, web's first", () => {
  const volumes = [
    { claim: "theirs", path: "/data", process: "worker", shared: true },
    { claim: "ours", path: "/data", shared: true },
    { claim: "alone", path: "/alone" },
    { claim: "ours", path: "/again", shared: true, readOnly: true },
  ];
  expect(sharedVolumes(volumes).map(({ claim, path }) => `${claim}:${path}`)).toEqual([
    "ours:/data",
    "ours:/again",
  ]);
  expect(volumeParts(sharedVolumes(volumes))).toEqual({
    volumes: { volumes: [{ name: "ours", persistentVolumeClaim: { claimName: "ours" } }] },
    volumeMounts: {
      volumeMounts: [
        { name: "ours", mountPath: "/data" },
        { name: "ours", mountPath: "/again", readOnly: true },
      ],
    },
  });
  expect(volumeParts([])).toEqual({});
});
