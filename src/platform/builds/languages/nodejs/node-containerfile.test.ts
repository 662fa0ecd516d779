import { describe, expect, it } from "vitest";
import { planLanguage } from "../../detect.ts";
import { sourceTreeOf } from "../../source-tree.ts";
import { staticContainerfile } from "../static/static.ts";
import { nodejs } from "./nodejs.ts";

const options = {
  base: "localhost/nagi/nodejs:1",
  runtime: "localhost/nagi/static:1",
  cacheId: "default-hello",
};

function nodeText(files: Record<string, string>): string {
  const detection = planLanguage(nodejs, sourceTreeOf(files), { node: "24.21.0" });
  if (!detection.ok) throw new Error(detection.message);
  return detection.plan.containerfile?.(options) ?? "";
}

const secret = (id: string): string => `--mount=type=secret,id=${id},uid=1000,mode=0444`;
const mounts = [
  ...["nagi-env", "nagi-npmrc", "nagi-ca", "nagi-ca-bundle"].map(secret),
  "--mount=type=cache,id=default-hello.npm,target=/var/cache/nagi,uid=1000,gid=1000",
].join(" ");
const environment =
  "NPM_CONFIG_USERCONFIG=/run/secrets/nagi-npmrc NPM_CONFIG_UPDATE_NOTIFIER=false NPM_CONFIG_CACHE=/var/cache/nagi";

describe("nodeContainerfile", () => {
  it("only copies an app without dependencies", () => {
    const files = { "package.json": '{"name":"hello"}', Procfile: "web: node server.js" };
    expect(nodeText(files)).toBe(`FROM localhost/nagi/nodejs:1
CMD ["/bin/sh","-c","exec node server.js"]
LABEL nagi.dev/processes='{"web":"node server.js"}'
COPY --chown=1000:1000 app/ ./
`);
  });

  it("installs before the sources come, so that a changed source installs nothing", () => {
    const files = {
      "package.json": '{"dependencies":{"x":"1"},"scripts":{"start":"node a.js && true"}}',
      "package-lock.json": "{}",
    };
    expect(nodeText(files)).toBe(`FROM localhost/nagi/nodejs:1
COPY --chown=1000:1000 manifests/ ./
RUN ${mounts} . /run/secrets/nagi-env && export ${environment} && npm ci --no-audit --no-fund --loglevel=warn --omit=dev
CMD ["/bin/sh","-c","exec npm start"]
LABEL nagi.dev/processes='{"web":"npm start"}'
COPY --chown=1000:1000 app/ ./
`);
  });

  it("takes node_modules as it is when .npmrc says offline, and makes its own otherwise", () => {
    const files = {
      "package.json": '{"dependencies":{"x":"1"},"main":"a.js"}',
      "a.js": "",
      "node_modules/x/package.json": "{}",
    };
    const plan = (npmrc: string): unknown => {
      const detection = planLanguage(nodejs, sourceTreeOf({ ...files, ".npmrc": npmrc }), {
        node: "24.21.0",
      });
      return detection.ok ? detection.plan : detection;
    };
    expect(nodeText({ ...files, ".npmrc": "offline=true\n" })).not.toContain("RUN");
    expect(plan("fund=false\noffline = true")).toMatchObject({
      leftOut: [],
      runsSteps: false,
      explanation: expect.stringContaining("node_modules/, which is taken as it is") as string,
    });
    expect(plan("offline=false")).toMatchObject({ leftOut: ["node_modules"], runsSteps: true });
  });

  it("builds with what is for development and prunes it", () => {
    const files = {
      "package.json": '{"devDependencies":{"x":"1"},"scripts":{"start":"node a.js","build":"x"}}',
      "package-lock.json": "{}",
    };
    const text = nodeText(files);
    expect(text).toContain("npm ci --no-audit --no-fund --loglevel=warn --include=dev\n");
    expect(text).toMatch(/npm run build && npm prune --no-audit --no-fund --loglevel=warn --omit=dev\n$/);
  });

  it("copies all first when the app has an install script", () => {
    const files = {
      "package.json": '{"dependencies":{"x":"1"},"scripts":{"start":"node a.js","postinstall":"x"}}',
      "pnpm-lock.yaml": "lockfileVersion: '9.0'",
    };
    const text = nodeText(files);
    expect(text.indexOf("COPY --chown=1000:1000 app/ ./")).toBeLessThan(text.indexOf("pnpm install"));
    expect(text).not.toContain("manifests/");
  });

  it("installs another Node.js and package manager in layers of their own, as root", () => {
    const files = {
      "package.json": '{"engines":{"node":">=18 <21"},"scripts":{"start":"node a.js"}}',
      "yarn.lock": "",
    };
    const text = nodeText(files);
    expect(text).toContain("&& nagi-install-node '>=18 <21'\n");
    expect(text).toContain("npm install --global --no-audit --no-fund --loglevel=error yarn@1\n");
    expect(
      text.match(/^USER .*|^RUN .*(nagi-install-node|yarn@1)/gm)?.map((line) => line.split(" ").at(-1)),
    ).toEqual(["0:0", "nagi-install-node", "yarn@1", "1000:1000"]);
    expect(text).toContain("yarn install --frozen-lockfile --non-interactive --production=true\n");
  });

  it("leaves a compound command to the shell", () => {
    const files = { "package.json": "{}", Procfile: "web: A=1 node a.js; true" };
    expect(nodeText(files)).toContain('CMD ["/bin/sh","-c","A=1 node a.js; true"]');
  });
});

it("keeps what the builder would expand out of the label", () => {
  const files = { "package.json": "{}", Procfile: `web: node a.js --port $PORT 'x y'` };
  expect(nodeText(files)).toContain(
    String.raw`LABEL nagi.dev/processes='{"web":"node a.js --port \u0024PORT \u0027x y\u0027"}'`,
  );
});

describe("staticContainerfile", () => {
  it("copies the site and says what answers for the rest", () => {
    const plan = {
      explanation: "",
      root: "dist",
      fallback: "index.html",
    };
    expect(staticContainerfile(plan, { ...options, base: "localhost/nagi/static:1" })).toBe(
      "FROM localhost/nagi/static:1\nENV STATIC_FALLBACK=/index.html\nCOPY app/dist/ /app/\n",
    );
  });

  it("has Yarn make node_modules, unless the app says another way", () => {
    const files = {
      "package.json": '{"dependencies":{"x":"1"}}',
      "yarn.lock": "__metadata:\n",
      "server.js": "",
    };
    expect(nodeText(files)).toContain("YARN_NODE_LINKER=node-modules && yarn install --immutable\n");
    expect(nodeText({ ...files, ".yarnrc.yml": "nodeLinker: pnp\n" })).toContain("YARN_NODE_LINKER");
    expect(nodeText({ ...files, ".yarnrc.yml": "nodeLinker: pnpm\n" })).not.toContain("YARN_NODE_LINKER");
  });
});
