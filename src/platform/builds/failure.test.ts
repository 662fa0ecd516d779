import { describe, expect, it } from "vitest";
import { explainEngineFailure } from "./failure.ts";
import { planLanguage } from "./detect.ts";
import { nodejs } from "./languages/nodejs/nodejs.ts";
import { sourceTreeOf } from "./source-tree.ts";

const podman = (step: string, code: number): string =>
  `building at STEP "${step}": while running runtime: exit status ${code}`;

const nodeApp = sourceTreeOf({ "package.json": "{}", "server.js": "" });
const detection = planLanguage(nodejs, nodeApp, { node: "24.21.0" });
const signs = detection.ok ? detection.plan.failureSigns : [];

describe("explainEngineFailure", () => {
  it.each<[string, string, string[], string, RegExp]>([
    [
      "a step that fails",
      podman("RUN make all", 2),
      [],
      "DockerBuildFailed",
      /^`RUN make all` ended with exit status 2$/,
    ],
    [
      "a generated step, without what it is given",
      podman("RUN --mount=type=secret,id=x,mode=0444 export A=b C=d && npm ci", 1),
      [],
      "DockerBuildFailed",
      /^`RUN npm ci` ended with exit status 1$/,
    ],
    ["too much memory", podman("RUN x", 137), [], "OutOfMemoryKilled", /may \(256 MiB\): exit status 137/],
    [
      "too much memory on Docker",
      "The command 'x' returned a non-zero code: 137",
      [],
      "OutOfMemoryKilled",
      /137/,
    ],
    [
      "a layer that is gone",
      "committing container: layer not known",
      [],
      "ImageStoreChanged",
      /^an image that the build stands on was removed while it ran: build it again/,
    ],
    ["a full disk", "write /x: no space left on device", [], "DiskFull", /the disk is full/],
    [
      "no such image",
      "initializing source docker://x: manifest unknown",
      [],
      "DockerBuildFailed",
      /cannot get an image/,
    ],
    [
      "a lockfile of npm that does not fit",
      podman("RUN npm ci", 1),
      [
        "npm error `npm ci` can only install packages when your package.json and package-lock.json are in sync.",
      ],
      "DockerBuildFailed",
      /^the lockfile does not fit package\.json: run `npm install` and commit package-lock\.json$/,
    ],
    [
      "one of yarn",
      podman("RUN yarn", 1),
      ["error Your lockfile needs to be updated"],
      "DockerBuildFailed",
      /commit yarn\.lock/,
    ],
    [
      "one of pnpm",
      podman("RUN pnpm", 1),
      [" ERR_PNPM_OUTDATED_LOCKFILE  x"],
      "DockerBuildFailed",
      /commit pnpm-lock\.yaml/,
    ],
    [
      "a module that is not installed",
      podman("RUN npm run build", 1),
      ["Error: Cannot find module 'left-pad'"],
      "DockerBuildFailed",
      /^left-pad is not installed: add it to package\.json \(`npm install left-pad`\)/,
    ],
    ["a Dockerfile without a base", "no FROM statement found", [], "DockerBuildFailed", /has no FROM line/],
    [
      "what a step mounts and is not there",
      'building at STEP "COPY --from=a /evil /content": reading "/x/merged/evil": copier: no such file or directory',
      [],
      "DockerBuildFailed",
      /^a step mounts \/evil of a, where there is no such path/,
    ],
    ["whatever else", "unknown instruction: RUNN", [], "DockerBuildFailed", /^unknown instruction: RUNN$/],
  ])("%s", (...[, text, output, reason, message]) => {
    const failure = explainEngineFailure({ text, output, memory: "256 MiB", signs });
    expect(failure.reason).toBe(reason);
    expect(failure.message).toMatch(message);
  });

  it.each<[string, string, boolean | undefined, string, RegExp]>([
    [
      "the kernel's log says so",
      podman("RUN x", 137),
      true,
      "OutOfMemoryKilled",
      /^a step was killed because/,
    ],
    [
      "a program of the step was",
      podman("RUN make", 2),
      true,
      "OutOfMemoryKilled",
      /may \(256 MiB\)\. Build with/,
    ],
    ["nobody knows", podman("RUN x", 137), undefined, "OutOfMemoryKilled", /most likely because/],
    ["it was something else", podman("RUN x", 137), false, "StepKilled", /twice, and not for its memory/],
    ["nothing was killed", podman("RUN make", 2), false, "DockerBuildFailed", /ended with exit status 2$/],
  ])("a step that was killed for its memory: %s", (...[, text, ranOut, reason, message]) => {
    const failure = explainEngineFailure({ text, output: [], memory: "256 MiB", ranOut });
    expect(failure.reason).toBe(reason);
    expect(failure.message).toMatch(message);
  });
});
