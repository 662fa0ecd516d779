import { expect, it } from "vitest";
import { parseAllDocuments } from "yaml";
import { pod } from "../../model/kinds/core/pod/pod.ts";
import { aPod } from "../../model/testing/builders.ts";
import { PodsClient, runCommand } from "../testing/command-bench.ts";
import { command } from "./get.ts";

/** Of one pod that is there and one that comes. */
async function watched(output: string): Promise<string> {
  const stop = new AbortController();
  const client = new PodsClient({ objects: [aPod({ name: "one" })] });
  client.onCall(({ verb }) => {
    if (verb !== "watch") return;
    setTimeout(() => {
      client.seed(aPod({ name: "two" }));
      setTimeout(() => stop.abort(), 20);
    }, 20);
  });
  const { signal } = stop;
  return (await runCommand(command, client, ["pods", "-w", "-o", output], { signal })).out;
}

it("watches in the format that was asked for", async () => {
  expect(await watched("name")).toBe("pod/one\npod/two\n");
  const names = parseAllDocuments(await watched("yaml")).map((each) => each.getIn(["metadata", "name"]));
  expect(names).toEqual(["one", "two"]);
  const texts = (await watched("json")).split(/(?<=^\})\n/m).filter(Boolean);
  expect(texts.map((text) => (JSON.parse(text) as { kind: string }).kind)).toEqual([pod.kind, pod.kind]);
});
