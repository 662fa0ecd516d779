import { expect, test } from "vitest";
import { readPod } from "../../snapshot/pod-info.ts";
import { hostPort, testBed, testNode, testPod } from "../../testing/objects.ts";
import { filterReasons, filterVerdict } from "../../testing/plugins.ts";
import { nodePorts, reasonPortTaken } from "./nodeports.ts";

const port = { containerPort: 1, hostPort: 8080 };

test.each([
  { name: "a free port", wanted: hostPort(8080), held: hostPort(8081), taken: false },
  { name: "the same port", wanted: hostPort(8080), held: hostPort(8080), taken: true },
  {
    name: "another protocol",
    wanted: hostPort(80, undefined, "UDP"),
    held: hostPort(80, undefined, "TCP"),
    taken: false,
  },
  {
    name: "TCP is what is not said",
    wanted: hostPort(80),
    held: hostPort(80, undefined, "TCP"),
    taken: true,
  },
  { name: "two addresses", wanted: hostPort(80, "127.0.0.1"), held: hostPort(80, "127.0.0.2"), taken: false },
  { name: "one address", wanted: hostPort(80, "127.0.0.1"), held: hostPort(80, "127.0.0.1"), taken: true },
  { name: "every address wanted", wanted: hostPort(80), held: hostPort(80, "127.0.0.2"), taken: true },
  {
    name: "every address held",
    wanted: hostPort(80, "127.0.0.1"),
    held: hostPort(80, "0.0.0.0"),
    taken: true,
  },
  {
    name: "a container port only",
    wanted: { ports: [{ containerPort: 80 }] },
    held: hostPort(80),
    taken: false,
  },
  {
    name: "the second of two",
    wanted: { ports: [{ ...port, hostPort: 1 }, port] },
    held: { ports: [port] },
    taken: true,
  },
])("$name", ({ wanted, held, taken }) => {
  const situation = { node: testNode("a"), pod: testPod("p", wanted), present: [testPod("holder", held)] };
  expect(filterReasons(nodePorts, situation)).toEqual(taken ? [reasonPortTaken] : []);
});

test("says who holds which port", () => {
  const situation = {
    node: testNode("a"),
    pod: testPod("p", { ports: [port, { ...port, hostPort: 9 }] }),
    present: [testPod("other", hostPort(7)), testPod("holder", { ports: [port] })],
  };
  expect(filterVerdict(nodePorts, situation)[0]?.detail).toBe("port 8080/TCP is held by default/holder");
});

test("a sidecar's port counts, and a host-network pod's container ports", () => {
  const sidecar = { initContainers: [{ restartPolicy: "Always", ports: [port] }] };
  const onHost = { hostNetwork: true, containers: [{ ports: [{ containerPort: 8080 }] }] };
  for (const spec of [sidecar, onHost]) {
    const situation = {
      node: testNode("a"),
      pod: testPod("p", hostPort(8080)),
      present: [testPod("h", {}, spec)],
    };
    expect(filterReasons(nodePorts, situation)).toEqual([reasonPortTaken]);
  }
});

test("only the end of a pod that holds the port can help", () => {
  const { cluster } = testBed([testNode("a")]);
  const waiting = readPod(testPod("p", hostPort(80)));
  const removed = (held: number) =>
    nodePorts.hint?.(
      { type: "PodRemoved", row: 0, pod: readPod(testPod("h", hostPort(held))) },
      waiting,
      cluster,
    );
  expect([removed(80), removed(81)]).toEqual([true, false]);
  expect(nodePorts.hint?.({ type: "NodeChanged", row: 0, aspects: 15 }, waiting, cluster)).toBe(false);
});
