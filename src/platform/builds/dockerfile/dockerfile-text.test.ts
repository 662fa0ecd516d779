import { describe, expect, it } from "vitest";
import { checkDockerfile, readDockerfile } from "./dockerfile-text.ts";

const text = `# FROM nothing AS comment
ARG BASE=x
FROM $BASE AS build
ARG ONE TWO=2
RUN --mount=type=cache,target=/c \\
    # in between
    --mount=type=secret,id=token \\
    --mount=type=secret,target=/run/secrets/other make
from scratch as Final
COPY --from=build /a /b
`;

const nothing = { args: [], secrets: [] };

describe("a Dockerfile", () => {
  it("says which stages, arguments and secrets it has", () => {
    const { stages, stageCount, args, secrets } = readDockerfile(text);
    expect(stages).toEqual(["build", "Final"]);
    expect(stageCount).toBe(2);
    expect([...args]).toEqual(["BASE", "ONE", "TWO"]);
    expect([...secrets]).toEqual(["token", "other"]);
  });

  it.each([["build"], ["final"], ["0"], ["1"]])("has stage %s", (target) => {
    const wishes = { target, args: ["ONE"], secrets: ["token", "other"] };
    expect(checkDockerfile("Dockerfile", text, wishes)).toEqual({ ok: true, notes: [] });
  });

  it.each([["test"], ["2"]])("has no stage %s, and says which it has", (target) => {
    const message = `Dockerfile has no stage ${target}: there are build, Final. Choose one: nagi source --target STAGE`;
    expect(checkDockerfile("Dockerfile", text, { ...nothing, target })).toEqual({ ok: false, message });
  });

  it("tells of what does nothing and of what is missing", () => {
    const wishes = { args: ["THREE", "https_proxy"], secrets: ["token", "more"] };
    const result = checkDockerfile("Dockerfile", text, wishes);
    expect(result).toMatchObject({ ok: true });
    expect(result.ok ? result.notes : []).toEqual([
      "build argument THREE does nothing: no line of Dockerfile says ARG THREE",
      "secret more does nothing: no step of Dockerfile has --mount=type=secret,id=more",
      "Dockerfile mounts secret other, which the app does not give: nagi source --build-secret other=SECRET/KEY",
    ]);
  });
});
