import * as fc from "fast-check";
import { expect, test } from "vitest";
import type { EndpointSlice } from "../../../model/kinds/discovery/endpointslice/endpointslice.ts";
import { pod as podKind, type Pod } from "../../../model/kinds/core/pod/pod.ts";
import { service as serviceKind, type Service } from "../../../model/kinds/core/service/service.ts";
import { newObject } from "../../../model/kind.ts";
import { decideSlices } from "./decide.ts";

const web = (more: Partial<Service["spec"]> = {}): Service =>
  newObject(
    serviceKind,
    { name: "web", namespace: "default", uid: "s", labels: { team: "a" } },
    { spec: { clusterIP: "10.96.0.1", ports: [{ name: "http", port: 80, targetPort: "http" }], ...more } },
  );

interface Given {
  readonly ready?: boolean;
  readonly going?: boolean;
  readonly port?: number;
  readonly phase?: "Running" | "Succeeded";
  readonly address?: string;
}

function aPod(number: number, given: Given = {}): Pod {
  const { ready = true, going = false, port = 8080, phase = "Running", address = `10.1.0.${number}` } = given;
  return newObject<Pod>(
    podKind,
    {
      name: `p${number}`,
      namespace: "default",
      uid: `u${number}`,
      ...(going ? { deletionTimestamp: "now" } : {}),
    },
    {
      spec: {
        nodeName: "n1",
        containers: [{ name: "c", image: "i", ports: [{ name: "http", containerPort: port }] }],
      },
      status: { phase, podIP: address, conditions: [{ type: "Ready", status: ready ? "True" : "False" }] },
    },
  );
}

const store = (slices: readonly EndpointSlice[], given: ReturnType<typeof decideSlices>): EndpointSlice[] => [
  ...slices
    .filter((slice) => !given.remove.includes(slice))
    .map((slice) => given.update.find(({ metadata }) => metadata.name === slice.metadata.name) ?? slice),
  ...given.create,
];

test.each([
  { given: {}, conditions: { ready: true, serving: true, terminating: false } },
  { given: { ready: false }, conditions: { ready: false, serving: false, terminating: false } },
  { given: { going: true }, conditions: { ready: false, serving: true, terminating: true } },
  { given: { going: true, ready: false }, conditions: { ready: false, serving: false, terminating: true } },
])("a pod that is $given", ({ given, conditions }) => {
  const { create } = decideSlices(web(), [aPod(1, given)], []);
  expect(create).toMatchObject([
    {
      metadata: { labels: { team: "a", "kubernetes.io/service-name": "web" } },
      endpoints: [
        { addresses: ["10.1.0.1"], conditions, nodeName: "n1", targetRef: { name: "p1", uid: "u1" } },
      ],
      ports: [{ name: "http", protocol: "TCP", port: 8080 }],
    },
  ]);
});

test("pods without address and ended ones are left out; a service without any has one empty slice", () => {
  const { create } = decideSlices(web(), [aPod(1, { address: "" }), aPod(2, { phase: "Succeeded" })], []);
  expect(create).toMatchObject([{ endpoints: [] }]);
  expect(decideSlices(web(), [], create)).toEqual({ create: [], update: [], remove: [] });
});

test("one slice serves from the first endpoint to the last and the next first one", () => {
  let slices = decideSlices(web(), [], []).create;
  for (const pods of [[aPod(1)], [], [aPod(2)], [aPod(3, { port: 9090 })]]) {
    const decision = decideSlices(web(), pods, slices);
    expect(decision).toMatchObject({ create: [], remove: [] });
    slices = store(slices, decision);
    expect(slices.map(({ endpoints }) => endpoints.length)).toEqual([pods.length]);
  }
  expect(slices[0]?.ports).toMatchObject([{ port: 9090 }]);
});

test("one port name may stand for different numbers: a slice for each", () => {
  const { create } = decideSlices(web(), [aPod(1), aPod(2, { port: 9090 }), aPod(3)], []);
  const seen = create.map(({ ports, endpoints }) => [ports?.[0]?.port, endpoints.length]);
  expect(new Set(seen.map(String))).toEqual(new Set(["8080,2", "9090,1"]));
});

test("a pod that is not ready counts as ready when the service asks for it", () => {
  const { create } = decideSlices(web({ publishNotReadyAddresses: true }), [aPod(1, { ready: false })], []);
  expect(create[0]?.endpoints[0]?.conditions?.ready).toBe(true);
});

test("a change of one pod is a write of one slice", () => {
  const pods = Array.from({ length: 250 }, (_, number) => aPod(number));
  const slices = store([], decideSlices(web(), pods, []));
  expect(slices.map(({ endpoints }) => endpoints.length)).toEqual([100, 100, 50]);
  const changed = pods.map((pod, number) => (number === 120 ? aPod(120, { ready: false }) : pod));
  const decision = decideSlices(web(), changed, slices);
  expect(decision).toMatchObject({ create: [], remove: [] });
  expect(decision.update).toHaveLength(1);
});

test("slices hold each endpoint once, none beyond the limit, whatever came before", () => {
  const anyPods = fc.uniqueArray(fc.nat(250), { maxLength: 230 });
  fc.assert(
    fc.property(fc.array(anyPods, { minLength: 1, maxLength: 4 }), (rounds) => {
      let slices: EndpointSlice[] = [];
      for (const numbers of rounds) {
        slices = store(
          slices,
          decideSlices(
            web(),
            numbers.map((number) => aPod(number)),
            slices,
          ),
        );
        const names = slices.flatMap(({ endpoints }) => endpoints.map(({ targetRef }) => targetRef?.name));
        expect(new Set(names).size).toBe(names.length);
        expect(new Set(names)).toEqual(new Set(numbers.map((number) => `p${number}`)));
        expect(slices.every(({ endpoints }) => endpoints.length <= 100)).toBe(true);
        expect(new Set(slices.map(({ metadata }) => metadata.name)).size).toBe(slices.length);
        expect(
          decideSlices(
            web(),
            numbers.map((number) => aPod(number)),
            slices,
          ),
        ).toEqual({ create: [], update: [], remove: [] });
      }
    }),
    { numRuns: 50 },
  );
});
