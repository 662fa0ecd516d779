import { mkdtempDisposable } from "node:fs/promises";
import { tmpdir } from "node:os";
import { expect, test } from "vitest";
import { FakeClient } from "../../client/testing/fake-client.ts";
import { systemClock } from "../../lib/clock.ts";
import { ContainerEngine } from "../../lib/container-engine/container-engine.ts";
import { silentLogger } from "../../lib/log.ts";
import { newObject } from "../../model/kind.ts";
import { platform as platformKind, type Platform } from "../../model/kinds/nagi/platform/platform.ts";
import { createPlatforms } from "./platforms.ts";

const requestedAt = "2026-11-26T10:00:00.000Z";
const name = "tiny";
const recipe = (more = "") => [
  { path: "platform.yaml", content: `description: Tiny\npackages: [hello]\n${more}` },
];
const enable = "it is disabled; enable it: nagi platforms update tiny --enable";

test.each<[string, Pick<Platform, "spec" | "status">, string]>([
  ["of a platform that is disabled", { spec: { disabled: true, files: recipe() } }, enable],
  [
    "of a platform that was disabled meanwhile",
    {
      spec: { disabled: true, files: recipe() },
      status: { rebuild: { requestedAt, phase: "Apps", apps: [] } },
    },
    enable,
  ],
  [
    "of a platform that stands on none",
    { spec: { files: recipe("from: nothing\n") } },
    "it stands on nothing, and there is no such platform: see `nagi platforms`",
  ],
  ["of a platform without a recipe", {}, "it has no recipe"],
])("a rebuild %s fails and says why", async (_, { spec, status }, message) => {
  await using dir = await mkdtempDisposable(tmpdir() + "/nagi-platforms-");
  const client = new FakeClient();
  const fields = { spec: { ...spec, rebuild: { requestedAt } }, status };
  client.seed(newObject<Platform>(platformKind, { name }, fields));
  const platforms = createPlatforms({
    client,
    engine: new ContainerEngine("/none"),
    instance: "test",
    recipesDir: dir.path,
    workDir: dir.path,
    outside: () => Promise.reject(new Error("nothing is made here")),
    clock: systemClock,
    log: silentLogger,
  });
  const abort = new AbortController();
  const running = platforms.run(abort.signal);
  try {
    const rebuildNow = async () => (await client.get(platformKind, { name })).status?.rebuild;
    await expect.poll(rebuildNow).toMatchObject({ requestedAt, phase: "Failed", message });
  } finally {
    abort.abort();
    await running;
  }
});
