import { expect, test } from "vitest";
import { app, type App } from "../../model/kinds/nagi/app/app.ts";
import { appLabel } from "../../model/kinds/nagi/app/app-names.ts";
import { overtakenMessage } from "../../model/kinds/nagi/release/overtaken.ts";
import { release, type Release, type ReleaseStatus } from "../../model/kinds/nagi/release/release.ts";
import { newObject } from "../../model/kind.ts";
import { runCommandLine } from "../testing/run-command-line.ts";

const namespace = "default";

function releaseWith(version: number, status: ReleaseStatus): Release {
  const spec = { app: "shop", version, image: "i", processes: {}, configSecret: "c" };
  const metadata = { namespace, name: `shop-v${version}`, labels: { [appLabel]: "shop" } };
  return newObject<Release>(release, metadata, { spec, status });
}

const objects = [
  newObject<App>(app, { namespace, name: "shop" }, { status: { currentRelease: "shop-v5" } }),
  releaseWith(1, { phase: "Superseded", message: "v2 is live" }),
  releaseWith(2, { phase: "Superseded", message: "v5 is live" }),
  releaseWith(3, { phase: "Superseded", message: overtakenMessage(4) }),
  releaseWith(4, { phase: "Failed", message: "web: crashes" }),
  releaseWith(5, { phase: "Live" }),
];

test.each([
  [[], "v2"],
  [["v3"], "v3"],
  [["1"], "v1"],
])("nagi rollback %j goes back to %s", async (words, version) => {
  const ran = await runCommandLine(["rollback", "--app", "shop", "--no-wait", ...words], { objects });
  expect(ran).toMatchObject({ code: 0, stdout: `Rolling shop back to ${version}\n` });
});
