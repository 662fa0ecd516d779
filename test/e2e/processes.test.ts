/** What an app's processes are told and how they are looked after, by the commands that a user types. */

import { afterAll, beforeAll, expect, it } from "vitest";
import { runGuideExample } from "../harness/guide.ts";
import { TestPlatform, until } from "../harness/platform.ts";

let platform: TestPlatform;

beforeAll(async () => {
  platform = await TestPlatform.start({ nodes: 3 });
  // Its next minute has come by the time that somebody looks.
  const image = ["--image=localhost/nagi/base:latest", "--schedule=* * * * *"];
  platform.kubectl(["create", "cronjob", "tick", ...image, "--", "/bin/true"]);
});
afterAll(() => platform.stop());

const desk = ["--app", "desk"];

it("processes.md: sizes, restarts, stop and start, grace, a time limit", () => {
  const { code, stdout } = runGuideExample(platform, "processes.md");
  expect(stdout).toMatch(/^Resized web of desk: 128Mi, cpu 50m$/m);
  expect(stdout).toMatch(/^web +128Mi +128Mi +50m +-$/m);
  expect(stdout).toMatch(/^=== web: 2 of 2 ready \(128Mi, cpu 50m\)$/m);
  expect(stdout).toMatch(/^web\.2 .* Running /m);
  expect(stdout).toContain("Restarted web.1 of desk");
  expect(stdout).toContain("Started desk: worker=1");
  expect(stdout).toMatch(/^v\d+\.\d+\.\d+$/m);
  expect(code, stdout).toBe(0);
  const pod = platform.kubectl(["get", "pods", "-l", "nagi.dev/process=worker", "-o", "json"]);
  const kept = JSON.parse(pod) as {
    items: { metadata: { deletionTimestamp?: string }; spec: { terminationGracePeriodSeconds: number } }[];
  };
  const graces = kept.items
    .filter(({ metadata }) => metadata.deletionTimestamp === undefined)
    .map(({ spec }) => spec.terminationGracePeriodSeconds);
  expect(graces).toEqual([60]);
});

it("a worker that ends after a second makes its release fail, and the one before goes on", async () => {
  const folder = platform.repository({ Procfile: "worker: trap exit TERM; sleep ${LIFE:-1000} & wait\n" });
  platform.createApp("brief", [], { cwd: folder });
  platform.nagi(["deploy", "--app", "brief", "--dir", folder]);
  platform.nagi(["scale", "worker=1", "--app", "brief"]);
  const pods = () =>
    platform.kubectl(["get", "pods", "-l", "nagi.dev/app=brief,nagi.dev/release=v1", "-o", "name"]).trim();
  const before = pods();
  expect(before).toMatch(/^pod\/brief-worker-\S+$/);
  const { code, stdout, stderr } = platform.tryNagi(["config", "set", "LIFE=1", "--app", "brief"]);
  expect(stdout + stderr).toContain("worker: the process ended, exit code 0, though it should go on running");
  expect(code).toBe(1);
  expect(pods()).toBe(before);
  platform.nagi(["config", "set", "LIFE=2000", "--app", "brief"]);
  await until(() => pods() === "", "the worker of the old release to go");
  platform.nagi(["scale", "worker=0", "--app", "brief"]);
  platform.nagi(["config", "set", "LIFE=1", "--app", "brief"]);
  expect(platform.tryNagi(["scale", "worker=1", "--app", "brief"])).toMatchObject({
    code: 1,
    stderr: expect.stringContaining("brief is not as it should be: worker: the process ended") as unknown,
  });
  platform.nagi(["destroy", "brief", "--confirm", "brief"]);
});

it("what cannot be is refused, with what can be", () => {
  const refused = (...argv: string[]) => platform.tryNagi([...argv, ...desk]);
  expect(refused("resize", "web=512")).toMatchObject({
    code: 2,
    stderr: expect.stringContaining("web: memory is 512: must be 4Mi or more") as unknown,
  });
  expect(refused("stop", "clock").stderr).toContain("It has: web, worker.");
  expect(refused("restart", "web.9").stderr).toContain('no process type or instance "web.9"');
  expect(refused("grace", "1s").stderr).toContain("must be whole seconds, 3s or more");
});

it("a stopped app keeps its scale, and runs nothing", () => {
  platform.nagi(["stop", ...desk]);
  expect(platform.nagi(["ps", ...desk])).toContain("=== web: stopped (2 when started)");
  platform.nagi(["start", ...desk]);
  expect(platform.nagi(["ps", ...desk])).toContain("=== web: 2 of 2 ready");
});

it("a check that fails says what was asked and what came back, and the old instances go on", async () => {
  expect(platform.nagi(["checks", ...desk])).toMatch(
    /^web +readiness +TCP connection to its port .* usual$/m,
  );
  platform.nagi(["checks", "set", "web", "--http", "/up", "--timeout", "5s", ...desk]);
  expect(platform.nagi(["checks", ...desk])).toMatch(
    /^web +readiness +HTTP GET \/up on its port +5s +5s +3 +set$/m,
  );
  const giveUpAfter = (seconds: number | null) => {
    const patch = JSON.stringify({ spec: { startTimeoutSeconds: seconds } });
    platform.kubectl(["patch", "app", "desk", "--type=merge", "-p", patch]);
  };
  giveUpAfter(10);
  const failing = ["checks", "set", "web", "--command", "echo no database; exit 3", "--timeout", "5s"];
  const { code, stderr } = platform.tryNagi([...failing, ...desk]);
  const told = 'command "/bin/sh -c echo no database; exit 3" ended with exit code 3: no database';
  expect(stderr).toContain("the new instances of web do not get ready, so the old ones go on");
  expect(code).toBe(1);
  expect(platform.nagi(["ps", ...desk])).toMatch(/^web\.\d: readiness check failed .*ago: command/m);
  expect(platform.nagi(["ps", ...desk])).toContain(told);
  expect(platform.kubectl(["get", "events", "--field-selector=reason=Unhealthy"])).toContain(told);
  expect((await platform.request("desk")).text).toBe("at your service\n");
  giveUpAfter(null);
  platform.nagi(["checks", "unset", "web", ...desk]);
});

it("cron.md: from app.json and by hand, run now, history, logs", () => {
  const { code, stdout } = runGuideExample(platform, "cron.md");
  expect(code, stdout).toBe(0);
  expect(stdout).toMatch(
    /^node-version +0 3 \* \* \* +UTC +\d{4}-\d\d-\d\dT03:00:00Z +never +0 +node --version$/m,
  );
  expect(stdout).toMatch(/^greet +\*\/10 \* \* \* \* +Europe\/Berlin +\d{4}/m);
  expect(stdout).toMatch(/^nightly-greet-\S+ +.* by hand +v1 +succeeded$/m);
  expect(stdout.match(/^hello from v1$/gm)).toHaveLength(2);
  expect(stdout).toMatch(/^node-version .* suspended /m);
});

it("placement.md: pools, and where instances run", () => {
  const { code, stdout } = runGuideExample(platform, "placement.md");
  expect(code, stdout).toBe(0);
  expect(stdout).toMatch(/^fast +node-1 +1\/1 +all apps +-$/m);
  expect(stdout).toContain("run on nodes of the pool fast; divided over nodes as evenly as can be.");
  expect(stdout.match(/^node-1 +fast +zone-1 +1$/gm)).toHaveLength(2);
  expect(stdout).toMatch(/^fast +node-1 +1\/1 +apps that ask for it +shelf$/m);
  expect(stdout).toContain("Instances of shelf run on any node.");
  const misspelt = platform.tryNagi(["placement", "--pool", "fats", "--app", "shelf"]);
  expect(misspelt.stderr).toContain('no node is in a pool "fats"');
});

it("priorities.md: an app that goes before others; a one-off command goes with it", () => {
  const { code, stdout } = runGuideExample(platform, "priorities.md");
  expect(code, stdout).toBe(0);
  expect(stdout).toMatch(/^urgent +1000$/m);
  platform.kubectl(["create", "priorityclass", "urgent", "--value=1000"]);
  platform.nagi(["placement", "--app", "counter", "--priority", "urgent", "--pool", "any"]);
  const pod = platform.nagi(["run", "--app", "counter", "--detach", "--", "true"]).trim();
  expect(
    platform.kubectl(["get", "pod", pod, "-o", "jsonpath={.spec.priorityClassName} {.spec.priority}"]),
  ).toBe("urgent 1000");
  platform.nagi(["destroy", "counter", "--confirm", "counter"]);
  platform.kubectl(["delete", "priorityclass", "urgent"]);
});

it("scheduling-kubernetes.md: a scheduler beside the platform's own places the pods that ask for it", () => {
  const { code, stdout } = runGuideExample(platform, "scheduling-kubernetes.md");
  expect(code, stdout).toBe(0);
  expect(stdout).toContain("pod/hello condition met");
  expect(stdout).toMatch(/^second +Successfully assigned default\/hello to node-\d$/m);
});

it("kubectl top pods: what the processes use", async () => {
  const top = ["top", "pods", "-l", "nagi.dev/app=desk,nagi.dev/process=web", "--no-headers"];
  // Two readings of the counters make a rate.
  const isTold = () => /^desk-web-\S+ +\d+m +[1-9]\d*Mi +$/m.test(platform.run("kubectl", top).stdout);
  await until(isTold, "what the pods of desk use");
});

it("kubectl's cron jobs: made, started by hand, started by the schedule", async () => {
  platform.kubectl(["create", "job", "--from=cronjob/tick", "tick-now"]);
  platform.kubectl(["wait", "--for=condition=complete", "job/tick-now", "--timeout=120s"]);
  const last = () =>
    platform.kubectl(["get", "cronjob", "tick", "-o", "jsonpath={.status.lastScheduleTime}"]);
  await until(() => last() !== "", "the first run by the schedule");
  expect(last()).toMatch(/:00Z$/);
  const wrong = platform.run("kubectl", [
    "create",
    "cronjob",
    "bad",
    "--image=i",
    "--schedule=often",
    "--",
    "x",
  ]);
  expect(wrong.stderr).toContain('spec.schedule: Invalid value: "often": must have five fields');
});

it("a command that takes longer than its time limit is ended", () => {
  const { code, stderr } = platform.tryNagi(["run", ...desk, "--time-limit", "1s", "sleep", "60"]);
  expect(stderr).toContain("its time limit of 1s was over");
  expect(code).toBe(124);
});
