import { describe, expect, it } from "vitest";
import { configMap, type ConfigMap } from "../model/kinds/core/configmap/configmap.ts";
import { pod, type Pod } from "../model/kinds/core/pod/pod.ts";
import { addon, type Addon } from "../model/kinds/nagi/addon/addon.ts";
import { appLabel } from "../model/kinds/nagi/app/app-names.ts";
import { app, type App } from "../model/kinds/nagi/app/app.ts";
import { newObject } from "../model/kind.ts";
import { runCommandLine } from "./testing/run-command-line.ts";

const appIn = (namespace: string, name: string): App => newObject<App>(app, { namespace, name }, {});
const objects = [
  appIn("default", "shop"),
  appIn("default", "blog"),
  appIn("team", "shop"),
  appIn("localhost", "shop"),
];

const chosen = async (
  argv: readonly string[],
  given: Parameters<typeof runCommandLine>[1] = {},
): Promise<string> => {
  const { stdout, stderr } = await runCommandLine(argv, { objects, ...given });
  if (stdout === "") return stderr;
  const { namespace, name } = (JSON.parse(stdout) as App).metadata;
  return `${namespace}/${name}`;
};
const info = ["info", "-o", "json"];

describe("the app of the git remote", () => {
  const remotes = [
    ["http://localhost:8080/team/shop.git", "team/shop"],
    ["http://localhost/team/shop.git\n", "team/shop"],
    ["http://localhost/shop.git", "default/shop"],
    ["https://nagi.example.com/team/shop.git/", "team/shop"],
    ["ssh://nagi@localhost:2222/team/shop.git", "team/shop"],
    ["ssh://nagi@localhost:2222/shop.git", "default/shop"],
    ["nagi@localhost:team/shop.git", "team/shop"],
    ["nagi@localhost:shop.git", "default/shop"],
  ] as const;
  it.each(remotes)("%s", async (remote, app) => {
    expect(await chosen(info, { remote })).toBe(app);
    expect(await chosen(info, { remote, namespace: "localhost" })).toBe(app);
  });

  it("is in the namespace that is asked for", async () => {
    const remote = "http://localhost:8080/team/shop.git";
    expect(await chosen([...info, "-n", "default"], { remote })).toBe("default/shop");
    expect(await chosen(info, { remote, env: { NAGI_NAMESPACE: "default" } })).toBe("default/shop");
  });

  it("says nothing of an app that is named", async () => {
    const remote = "http://localhost:8080/team/shop.git";
    expect(await chosen([...info, "shop"], { remote })).toBe("default/shop");
    expect(await chosen([...info, "--app", "shop"], { remote, namespace: "team" })).toBe("team/shop");
  });
});

describe("what goes with the app of the git remote", () => {
  const labels = { [appLabel]: "shop" };
  const running = newObject<Pod>(
    pod,
    { namespace: "default", name: "shop-web", labels },
    {
      spec: { containers: [{ name: "web", image: "i" }] },
      status: { phase: "Running" },
    },
  );
  const database = newObject<Addon>(
    addon,
    { namespace: "default", name: "shop-postgresql" },
    {
      spec: { service: "postgresql", plan: "small", attachments: [{ app: "shop", as: "DATABASE" }] },
    },
  );
  const remote = "http://localhost:8080/team/shop.git";
  const given = { objects: [...objects, running, database], remote };

  it.each([
    [["volumes", "mount", "uploads", "/data"], "there is no volume uploads in namespace team"],
    [["addons", "attach", "db"], "there is no add-on db in namespace team"],
    [["addons", "detach", "db"], "there is no add-on db in namespace team"],
    [["exec", "env"], "no pod of app shop runs"],
    [["pg", "shell"], "there is no postgresql add-on attached to shop"],
  ])("%j is in its namespace", async (argv, message) => {
    const { stderr } = await runCommandLine(argv, given);
    expect(stderr).toContain(message);
  });
});

describe("the app that is named", () => {
  it("is that of the command line before that of NAGI_APP", async () => {
    const env = { NAGI_APP: "shop" };
    expect(await chosen(info, { env })).toBe("default/shop");
    expect(await chosen([...info, "blog"], { env })).toBe("default/blog");
    expect(await chosen([...info, "--app", "blog"], { env })).toBe("default/blog");
    expect(await chosen([...info, "blog", "--app", "blog"], { env })).toBe("default/blog");
  });

  it("cannot be two", async () => {
    expect(await chosen([...info, "blog", "--app", "shop"])).toMatch(/--app names shop, but blog is named/);
  });

  it("is the first word of autoscale and of deploys strategy, whatever NAGI_APP is", async () => {
    const given = { objects, env: { NAGI_APP: "shop" } };
    expect((await runCommandLine(["autoscale", "blog"], given)).stderr).toMatch(/blog/);
    expect((await runCommandLine(["deploys", "strategy", "blog"], given)).stdout).toMatch(/blog/);
  });
});

describe("commands that are suggested", () => {
  const guard = async (argv: readonly string[], given: Parameters<typeof runCommandLine>[1] = {}) =>
    (await runCommandLine(argv, { objects, ...given })).stderr;

  it("mean the namespace that was meant", async () => {
    const wanted = "nagi destroy --namespace team shop --confirm shop";
    expect(await guard(["destroy", "shop", "-n", "team"])).toContain(wanted);
    expect(await guard(["destroy", "shop", "-n", "team"])).toContain(
      "the app shop in namespace team for good",
    );
    expect(await guard(["destroy"], { remote: "http://localhost:8080/team/shop.git" })).toContain(wanted);
  });

  it("mean it in what the doctor advises", async () => {
    const platform = newObject<ConfigMap>(configMap, { namespace: "nagi-system", name: "nagi-platform" }, {});
    const ran = await runCommandLine(["doctor", "shop", "-n", "team"], { objects: [...objects, platform] });
    expect(ran).toMatchObject({ stderr: "", stdout: expect.stringMatching(/nagi \S+ --namespace team/) });
  });

  it("name no namespace that is meant anyway", async () => {
    const wanted = "nagi destroy shop --confirm shop";
    expect(await guard(["destroy", "shop"])).toContain(wanted);
    expect(await guard(["destroy", "shop", "-n", "default"])).toContain(wanted);
    expect(await guard(["destroy", "shop"], { namespace: "team" })).toContain(wanted);
  });
});
