import { expect, test } from "vitest";
import { FakeClock } from "../../lib/clock.ts";
import { silentLogger } from "../../lib/log.ts";
import { defaultProfile } from "../profiles.ts";
import { readPod } from "../snapshot/pod-info.ts";
import { hostPort, testBed, testNode, testPod } from "../testing/objects.ts";
import { Advisor } from "./advisor.ts";

function advised() {
  const clock = new FakeClock();
  const { cluster, put } = testBed([testNode("n1")]);
  put(testPod("holder", hostPort(80)), "n1");
  const busy = { is: false };
  const profile = defaultProfile();
  const advisor = new Advisor({
    cluster,
    profileOf: () => profile,
    isBusy: () => busy.is,
    clock,
    log: silentLogger,
  });
  const told: string[] = [];
  const ask = (name: string, alike: unknown): string => {
    const pod = readPod(testPod(name, hostPort(80)));
    advisor.ask(pod, alike, (suggestions) => told.push(`${name}: ${suggestions.at(1)?.summary}`));
    return pod.uid;
  };
  return { clock, advisor, busy, told, ask, cluster };
}

test("pods that are alike are told the same, once, and not before a while has passed", () => {
  const { clock, told, ask, cluster } = advised();
  const alike = {};
  ask("a", alike);
  ask("b", alike);
  expect(told).toEqual([]);
  const { sequence } = cluster;
  clock.advance(10_000);
  expect(told).toEqual(["a: delete pod default/holder on n1", "b: delete pod default/holder on n1"]);
  expect(cluster.sequence).toBe(sequence);
});

test("what waits no more is not told, and nothing is done while there is something better to do", () => {
  const { clock, advisor, busy, told, ask } = advised();
  const gone = ask("gone", {});
  ask("stays", {});
  busy.is = true;
  clock.advance(5000);
  expect(told).toEqual([]);
  advisor.forget(gone);
  busy.is = false;
  clock.advance(10_000);
  expect(told).toHaveLength(1);
});

test("closed, it says nothing more", () => {
  const { clock, advisor, told, ask } = advised();
  ask("a", {});
  advisor.close();
  clock.advance(10_000);
  expect(told).toEqual([]);
});
