import { mkdtemp, rm } from "node:fs/promises";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import { pack } from "tar-stream";
import { afterAll, beforeAll, expect, test } from "vitest";
import { systemClock } from "../clock.ts";
import { processorsOf } from "../processors.ts";
import { findProgram } from "../system-programs.ts";
import { EngineHost } from "./engine-host.ts";
import { ensurePauseImage } from "./pause-image.ts";
import { drain } from "./image-engine.ts";
import { silentLogger } from "../log.ts";

const label = `nagi-engine-test-${process.pid}`;
const image = `localhost/${label}:1`;
let dir: string;
let host: EngineHost;

function makeHost(): EngineHost {
  const env = { PATH: "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", HOME: "/root" };
  return new EngineHost({ dir, env, clock: systemClock, log: silentLogger });
}

/** With runc on more than one processor. */
const keepsOff = async (): Promise<boolean> =>
  availableParallelism() > 1 &&
  (await findProgram("runc")) !== undefined &&
  (await findProgram("crun")) === undefined;

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), "nagi-engine-"));
  host = makeHost();
  await host.start();
});

afterAll(async () => {
  for (const { Id } of await host.engine.listContainers({ [label]: "1" }))
    await host.engine.removeContainer(Id);
  await host.engine.removeImage(image, { force: true });
  await host.stop();
  await rm(dir, { recursive: true });
});

test("a container runs, is seen in events and is waited for", async () => {
  const { engine } = host;
  const aborter = new AbortController();
  const events = engine.containerEvents({ [label]: "1" }, aborter.signal);
  const firstEvent = events.next();
  await new Promise((resolve) => setTimeout(resolve, 1500));
  const id = await engine.createContainer(`${label}-a`, {
    Image: await ensurePauseImage(engine),
    Labels: { [label]: "1" },
  });
  await engine.startContainer(id);
  const { State } = await engine.inspectContainer(id);
  expect(State.Running).toBe(true);
  const all = await processorsOf("self");
  expect(await processorsOf(State.Pid)).toEqual(all);
  expect(await processorsOf((await host.pid()) ?? 0)).toEqual((await keepsOff()) ? all.slice(1) : all);
  await engine.killContainer(id, "KILL");
  expect(await engine.waitContainer(id)).toBe(137);
  await engine.killContainer(id, "KILL");
  expect((await engine.listContainers({ [label]: "1" })).map(({ State }) => State)).toEqual(["exited"]);
  expect((await firstEvent).value).toMatchObject({ Type: "container", Actor: { ID: id } });
  aborter.abort();
  await expect(
    (async () => {
      for await (const event of events) void event;
    })(),
  ).rejects.toThrow();
  await engine.removeContainer(id);
  await engine.removeContainer(id);
  await expect(engine.inspectContainer(id)).rejects.toMatchObject({ status: 404 });
});

test("an image is built, its failure is told", async () => {
  const { engine } = host;
  const base = await ensurePauseImage(engine);
  const context = (lines: string[]) => {
    const tar = pack();
    tar.entry({ name: "Containerfile" }, lines.join("\n"));
    tar.finalize();
    return tar;
  };
  const build = {
    tags: [image],
    dockerfile: "Containerfile",
    memoryBytes: 64 << 20,
    cpus: 0.5,
    ulimits: host.ulimits,
  };
  await drain(engine.buildImage(context([`FROM ${base}`, 'RUN ["/true"]', "LABEL a=b"]), build));
  expect((await engine.inspectImage(image)).Config.Labels).toMatchObject({ a: "b" });
  await expect(drain(engine.buildImage(context([`FROM ${base}`, 'RUN ["/none"]']), build))).rejects.toThrow(
    "/none",
  );
});

test("another host adopts the running engine; a killed one is started again", async () => {
  const identity = await host.engine.identity();
  const other = makeHost();
  await other.start();
  expect(other.ulimits).toEqual(host.ulimits);
  const aborter = new AbortController();
  const running = other.run(aborter.signal);
  const events = host.engine.containerEvents({}, aborter.signal);
  const ended = events.next().catch((error: unknown) => error);
  await new Promise((resolve) => setTimeout(resolve, 200));
  await other.stop();
  expect(await ended).toBeDefined();
  expect(await host.engine.ping(200)).toBe(false);
  await host.start();
  expect(await host.engine.identity()).toEqual(identity);
  aborter.abort();
  await running;
});
