import { mkdtempDisposable } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { FakeClock } from "../../lib/clock.ts";
import type { ContainerEngine } from "../../lib/container-engine/container-engine.ts";
import { EngineError } from "../../lib/container-engine/engine-transport.ts";
import { makeImage } from "./make-image.ts";
import { RecipeFailure } from "./recipe-failure.ts";

test("what takes too long is ended, and is no fault of the recipe", async () => {
  await using dir = await mkdtempDisposable(join(tmpdir(), "nagi-make-image-"));
  const clock = new FakeClock();
  const engine: Pick<ContainerEngine, "buildImage"> = {
    // oxlint-disable-next-line require-yield
    async *buildImage(_, { signal }) {
      clock.advance(3600_000);
      signal?.throwIfAborted();
      throw new EngineError(500, 'building at STEP "RUN true": exit status 1');
    },
  };
  const recipe = {
    name: "tiny",
    description: "",
    from: "base",
    suite: "trixie",
    packages: ["hello"],
    npm: [],
    versions: {},
    onDemand: false,
    hasContainerfile: false,
    digest: "",
    builtIn: true,
    writeTo: () => Promise.resolve(),
  };
  const making = makeImage(
    {
      recipe,
      image: "localhost/nagi/tiny:1",
      base: "localhost/nagi/base:1",
      suite: "trixie",
      labels: {},
      noCache: false,
      onStep: () => undefined,
    },
    {
      engine: engine as ContainerEngine,
      workDir: dir.path,
      outside: { env: {}, proxies: {}, secrets: () => Promise.resolve({}), apt: "" },
      clock,
    },
  );
  const error = await making.catch((thrown: unknown) => thrown);
  expect(error).toEqual(new Error("its image was not made within 60 minutes"));
  expect(error).not.toBeInstanceOf(RecipeFailure);
});
