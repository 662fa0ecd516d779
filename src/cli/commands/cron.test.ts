import { execFileSync } from "node:child_process";
import { describe, expect, it } from "vitest";
import { appLabel } from "../../model/kinds/nagi/app/app-names.ts";
import type { AppCron } from "../../model/kinds/nagi/app/app-cron.ts";
import { app, type App } from "../../model/kinds/nagi/app/app.ts";
import { release, type Release } from "../../model/kinds/nagi/release/release.ts";
import { newObject } from "../../model/kind.ts";
import { runCommandLine } from "../testing/run-command-line.ts";

const shop = { namespace: "default", name: "shop" };

describe("nagi cron add", () => {
  const commandOf = async (...words: string[]): Promise<string | undefined> => {
    const objects = [newObject<App>(app, shop, {})];
    const argv = ["cron", "add", "report", "@daily", "--app", "shop", "--", ...words];
    const { client } = await runCommandLine(argv, { objects });
    return (await client.get(app, shop)).spec?.cron?.["report"]?.command;
  };

  it("keeps several words apart", async () => {
    const words = ["printf", "%s\\n", "two words", "it's", "$HOME; false", "", "a&b"];
    const command = (await commandOf(...words)) ?? "";
    expect(execFileSync("/bin/sh", ["-c", command]).toString()).toBe(`${words.slice(2).join("\n")}\n`);
  });

  it("leaves plain words as they are", async () => {
    expect(await commandOf("bin/report", "--all", "-n", "3")).toBe("bin/report --all -n 3");
  });

  it("takes one word as a line for the shell", async () => {
    expect(await commandOf("echo $HOME | wc -c")).toBe("echo $HOME | wc -c");
  });
});

describe("nagi cron remove", () => {
  const remove = async (own: AppCron | undefined, released: boolean) => {
    const cron = { report: { schedule: "0 3 * * *", command: "bin/report" } };
    const spec = { app: "shop", version: 1, image: "i", processes: {}, configSecret: "c" };
    const ref = { namespace: "default", name: "shop-v1", labels: { [appLabel]: "shop" } };
    const live = newObject<Release>(release, ref, { spec: { ...spec, ...(released ? { cron } : {}) } });
    const found = newObject<App>(app, shop, {
      spec: own === undefined ? {} : { cron: { report: own } },
      status: { currentRelease: "shop-v1" },
    });
    const objects = [live, found];
    const ran = await runCommandLine(["cron", "remove", "report", "--app", "shop"], { objects });
    return { ...ran, left: (await ran.client.get(app, shop)).spec?.cron?.["report"] };
  };

  it("removes what the app has of its own", async () => {
    const { stdout, left } = await remove({ schedule: "@daily", command: "bin/report" }, false);
    expect(stdout).toBe("Removed report\n");
    expect(left).toBeUndefined();
  });

  it("takes back changes of an entry of app.json, and says that it goes on", async () => {
    const { stdout, left } = await remove({ timeZone: "Europe/Berlin", suspend: true }, true);
    expect(stdout).toMatch(/^Took back the changes of report.*app[.]json and runs at 0 3 \* \* \* \(UTC\)/);
    expect(left).toBeUndefined();
  });

  it("does not let a suspended entry of app.json run again", async () => {
    const { code, stderr, left } = await remove({ suspend: true }, true);
    expect(code).toBe(2);
    expect(stderr).toMatch(/report comes from app[.]json: take it out there.*\nUntil then it is suspended/);
    expect(left).toEqual({ suspend: true });
  });

  it("refuses an entry that was resumed", async () => {
    expect((await remove({}, true)).stderr).toMatch(/Until then: nagi cron suspend report/);
  });

  it("removes changes of an entry that is gone", async () => {
    expect((await remove({ suspend: true }, false)).stdout).toBe("Removed report\n");
  });
});
