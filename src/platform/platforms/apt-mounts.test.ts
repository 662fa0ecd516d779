import { expect, it } from "vitest";
import { withAptMounts } from "./apt-mounts.ts";

const recipe = `FROM base
RUN --mount=type=secret,id=nagi-apt,target=/etc/apt/apt.conf.d/00nagi-host,mode=0444 \\
    apt-get update
RUN --mount=type=secret,id=other cat /run/secrets/other
`;

it("gives the steps that mount apt's settings what these name", () => {
  const ids = new Set(["nagi-apt", "nagi-apt-mirror", "nagi-ca-bundle"]);
  expect(withAptMounts(recipe, ids)).toBe(`FROM base
RUN --mount=type=secret,id=nagi-apt,target=/etc/apt/apt.conf.d/00nagi-host,mode=0444 --mount=type=secret,id=nagi-apt-mirror,target=/etc/apt/apt.conf.d/01nagi-mirror,mode=0444 --mount=type=secret,id=nagi-ca-bundle,mode=0444 \\
    apt-get update
RUN --mount=type=secret,id=other cat /run/secrets/other
`);
});

it("leaves a recipe alone where the host has neither mirror nor certificates", () => {
  expect(withAptMounts(recipe, new Set(["nagi-apt"]))).toBe(recipe);
});
