import { expect, test } from "vitest";
import { FakeClient } from "../../client/testing/fake-client.ts";
import { newObject } from "../../model/kind.ts";
import { platform as platformKind, type Platform } from "../../model/kinds/nagi/platform/platform.ts";
import type { CommandContext } from "../command.ts";
import { followRebuild } from "./follow-platform.ts";

test("who follows a rebuild stops when another one is wished for", async () => {
  const name = "tiny";
  const rebuild = { requestedAt: "2026-11-26T10:00:00.000Z" };
  const client = new FakeClient();
  const changed = client.seed(newObject<Platform>(platformKind, { name }, { spec: { rebuild } }));
  const later = { requestedAt: "2026-11-26T11:00:00.000Z" };
  const notes: string[] = [];
  const patience = new AbortController();
  let looks = 0;
  const context = {
    client: () => Promise.resolve(client),
    signal: patience.signal,
    terminal: {
      progress: () => {
        if (++looks > 2) patience.abort();
        // Meanwhile somebody else wishes.
        void client.patch(platformKind, { name }, { type: "merge", body: { spec: { rebuild: later } } });
      },
      progressDone: () => undefined,
      note: (line: string) => notes.push(line),
    },
  };
  expect(await followRebuild(context as unknown as CommandContext, changed)).toBe(1);
  expect(notes).toEqual([
    "Another rebuild of platform tiny was asked for meanwhile: nagi platforms info tiny",
  ]);
});
