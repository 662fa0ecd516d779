import { expect, it } from "vitest";
import { changedDockerfile, hasFrom } from "./dockerfile-text.ts";

const text = `# FROM nowhere
ARG V=1
FROM --platform=linux/amd64 node:\${V} AS build
RUN cat <<EOT > a && \\
  FROM inner
FROM not/this
EOT
RUN echo \\
  FROM either
COPY --from=tools /bin/x /bin/
from build
COPY --from=build --chown=1:1 /a /b
RUN --mount=type=bind,from=tools true
`;

it("leaves what is not asked for", () => expect(changedDockerfile(text, {})).toBe(text));

it("builds the last stage on another image, and names images, but not stages", () => {
  const images = new Map([
    ["tools", "registry/tools@sha256:1"],
    ["build", "no"],
  ]);
  const changed = changedDockerfile(text, { from: "registry/base@sha256:2", images });
  expect(changed).toContain("\nfrom registry/base@sha256:2\n");
  expect(changed).toContain("FROM --platform=linux/amd64 node:${V} AS build\n");
  expect(changed).toContain("COPY --from=registry/tools@sha256:1 /bin/x");
  expect(changed).toContain("COPY --from=build --chown=1:1");
  expect(changed).toContain("FROM not/this\n");
  expect(changed).toContain("  FROM either\n");
});

it("makes arguments variables of each stage, and tells none of their values", () => {
  const changed = changedDockerfile("FROM a AS x\nFROM b\n", { env: ["A", "B"] });
  const env = 'ARG A\nARG B\nENV A="$A" B="$B"';
  expect(changed).toBe(`FROM a AS x\n${env}\nFROM b\n${env}\n`);
});

it.each([
  ["ARG X\nFROM a", true],
  ["# FROM a\nRUN true", false],
])("%j", (given, expected) => expect(hasFrom(given)).toBe(expected));
