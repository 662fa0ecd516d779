import { expect, it } from "vitest";
import { pod } from "../../model/kinds/core/pod/pod.ts";
import { aPod } from "../../model/testing/builders.ts";
import { PodsClient, runCommand } from "../testing/command-bench.ts";
import { command } from "./delete.ts";

const labels = { app: "web" };

it.each([[""], [" "]])("takes the selector %j for none", async (selector) => {
  const client = new PodsClient({ objects: [aPod({ name: "one" }), aPod({ name: "two", labels })] });
  await expect(runCommand(command, client, ["pods", "-l", selector])).rejects.toThrow(
    "resource(s) were provided, but no name was specified",
  );
  expect((await client.list(pod)).items).toHaveLength(2);
  await runCommand(command, client, ["pods", "-l", "app=web", "--grace-period", "0"]);
  expect((await client.list(pod)).items.map(({ metadata }) => metadata.name)).toEqual(["one"]);
});
