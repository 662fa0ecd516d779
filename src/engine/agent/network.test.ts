import { expect, test } from "vitest";
import { PodNetwork } from "./network.ts";
import { recordOf } from "./testing/records.ts";

const info = { name: "nagi", subnet: "10.64.0.0/16", gateway: "10.64.0.1" };

test("a container that runs has its address before what is kept of pods that ended", () => {
  const network = new PodNetwork(info);
  const ended = recordOf({ podUid: "ended", address: "10.64.0.2", state: "exited" });
  const cutOff = recordOf({ podUid: "cut-off", address: "10.64.0.3", state: "created" });
  const wrong = network.adopt([
    ended,
    { ...ended, address: "10.64.0.3" },
    cutOff,
    recordOf({ podUid: "running", address: "10.64.0.2" }),
  ]);
  expect(wrong).toEqual([]);
  const addresses = ["running", "cut-off", "ended"].map((uid) => network.addressOf(uid));
  expect(addresses).toEqual(["10.64.0.2", "10.64.0.3", undefined]);
});

test("a pod keeps the address that its newest container has", () => {
  const network = new PodNetwork(info);
  const old = recordOf({ podUid: "a", address: "10.64.0.2", state: "exited", startedMs: 1 });
  network.adopt([
    recordOf({ podUid: "a", address: "10.64.0.3" }),
    old,
    { ...old, podUid: "b", address: "10.64.0.4", startedMs: 2 },
    { ...old, podUid: "b", address: "10.64.0.5" },
  ]);
  expect(["a", "b"].map((uid) => network.addressOf(uid))).toEqual(["10.64.0.3", "10.64.0.4"]);
});

test("containers that run on an address of another pod, or of another network, are named", () => {
  const network = new PodNetwork(info);
  const first = recordOf({ podUid: "first", address: "10.64.0.2", startedMs: 2 });
  const second = recordOf({ podUid: "second", address: "10.64.0.2", startedMs: 1 });
  const far = recordOf({ podUid: "far", address: "10.65.0.2" });
  const ofNode = recordOf({ podUid: "of-node", address: "" });
  expect(new Set(network.adopt([second, first, far, ofNode]))).toEqual(new Set([second, far]));
  expect(network.addressOf("first")).toBe("10.64.0.2");
});
