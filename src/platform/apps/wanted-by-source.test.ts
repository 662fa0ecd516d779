import { expect, test } from "vitest";
import { build, type Build } from "../../model/kinds/build/build/build.ts";
import { app as appKind, type App } from "../../model/kinds/nagi/app/app.ts";
import { newObject } from "../../model/kind.ts";
import { manifestAnnotation, wantedBySource } from "./wanted-by-source.ts";

type Manifest = NonNullable<NonNullable<Build["status"]>["manifest"]>;

const built = (manifest: Manifest, name = "shop-1"): Build =>
  newObject<Build>(build, { name }, { spec: {} as Build["spec"], status: { phase: "Complete", manifest } });
const app = (spec: App["spec"] = {}, annotation?: string, status?: App["status"]): App =>
  newObject<App>(
    appKind,
    { name: "shop", annotations: annotation === undefined ? {} : { [manifestAnnotation]: annotation } },
    { spec, status },
  );
const text = (base64: string | undefined): string => Buffer.from(base64 ?? "", "base64").toString();

test("config vars that the app lacks are set, once; secrets are made", () => {
  const manifest: Manifest = {
    env: { A: { value: "a" }, B: { value: "b" }, S: { generator: "secret" }, N: { required: false } },
  };
  const first = wantedBySource(app(), built(manifest), { B: "bWluZQ==" });
  expect(text(first?.config["A"])).toBe("a");
  expect(text(first?.config["S"])).toMatch(/^[0-9a-f]{64}$/);
  expect(Object.keys(first?.config ?? {})).toEqual(["A", "S"]);
  // The same build again, and a later one after A was unset.
  expect(wantedBySource(app({}, first?.annotation), built(manifest), {})).toBeUndefined();
  const more: Manifest = { env: { ...manifest.env, C: { value: "c" } } };
  const second = wantedBySource(app({}, first?.annotation), built(more, "shop-2"), {});
  expect(Object.keys(second?.config ?? {})).toEqual(["C"]);
});

test("the formation is that of the app before its first release; what its spec says wins", () => {
  const manifest: Manifest = {
    formation: { web: { quantity: 2, size: "standard-1X" }, worker: { quantity: 1, size: "huge" } },
    addons: [{ plan: "redis" }],
  };
  const given = app({ processes: { worker: { replicas: 3 } } });
  expect(wantedBySource(given, built(manifest), {})).toMatchObject({
    spec: {
      processes: {
        web: { replicas: 2, resources: { limits: { memory: "512Mi" } } },
        worker: { replicas: 3 },
      },
      addons: [{ plan: "redis" }],
    },
    notices: ["app.json: formation.worker.size huge is not known: worker runs without a limit"],
  });
  expect(wantedBySource(app({}, undefined, { latestVersion: 1 }), built(manifest), {})?.spec).toEqual({});
  expect(wantedBySource(app(), undefined, {})).toBeUndefined();
});

test("the deploy strategy is the source's until the app says something of its own", () => {
  const manifest: Manifest = { deploy: { strategy: "recreate" } };
  expect(wantedBySource(app(), built(manifest), {})?.spec.deploy).toEqual({ strategy: "recreate" });
  const given = app({ deploy: { strategy: "rolling" } });
  expect(wantedBySource(given, built(manifest), {})?.spec.deploy).toBeUndefined();
});
