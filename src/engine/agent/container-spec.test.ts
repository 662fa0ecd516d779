import { expect, test } from "vitest";
import type { Container } from "../../model/kinds/core/pod/container.ts";
import type { Pod } from "../../model/kinds/core/pod/pod.ts";
import { containerName, containerSpec, pauseSpec, type PodSite } from "./container-spec.ts";
import { hostsFile } from "./dns.ts";
import { qosClassOf } from "./resources.ts";
import { podOf } from "./testing/records.ts";

const site: PodSite = {
  instance: "i",
  node: "node-1",
  nodeAddress: "127.0.0.1",
  podAddress: "10.0.0.2",
  network: "nagi-i",
  runtime: "podman",
  dns: { address: "10.96.0.10", domain: "cluster.local" },
  machineMemoryBytes: 1000 * 1024 * 1024,
  mayProtect: false,
};

function build(
  container: Partial<Container>,
  given: { spec?: Partial<Pod["spec"]>; site?: Partial<PodSite>; env?: [string, string][] } = {},
) {
  const main: Container = { name: "main", image: "img", ...container };
  return containerSpec({
    pod: podOf({ containers: [main], ...given.spec }),
    container: main,
    role: "app",
    attempt: 2,
    backoffMs: 10_000,
    site: { ...site, ...given.site },
    environment: new Map(given.env ?? []),
    binds: ["/a:/b:ro"],
    terminationLog: "/log",
    stopSignal: "SIGTERM",
  });
}

test.each([
  [{}, undefined, undefined],
  [{ args: ["x"] }, undefined, ["x"]],
  [{ command: ["/run"] }, ["/run"], []],
  [{ command: ["/run", "$(A)"], args: ["$(A)$(B)"] }, ["/run", "one"], ["one$(B)"]],
])("%j gives entry point %j and command %j", (container, entrypoint, cmd) => {
  const spec = build(container, { env: [["A", "one"]] });
  expect(spec.Entrypoint).toEqual(entrypoint);
  expect(spec.Cmd).toEqual(cmd);
  expect(spec.Env).toEqual(["A=one"]);
});

test("a pod of one container has its address, name and name servers on the container", () => {
  const spec = build({
    ports: [
      { containerPort: 80, hostPort: 8080 },
      { containerPort: 53, hostPort: 5353, hostIP: "127.0.0.9", protocol: "UDP" },
    ],
  });
  expect(spec).toMatchObject({
    Hostname: "web",
    NetworkingConfig: { EndpointsConfig: { "nagi-i": { IPAMConfig: { IPv4Address: "10.0.0.2" } } } },
    HostConfig: {
      NetworkMode: "nagi-i",
      Dns: ["10.96.0.10"],
      DnsSearch: ["ns.svc.cluster.local", "svc.cluster.local", "cluster.local"],
      DnsOptions: ["ndots:5"],
      Binds: ["/a:/b:ro"],
      PortBindings: {
        "80/tcp": [{ HostIp: "127.0.0.1", HostPort: "8080" }],
        "53/udp": [{ HostIp: "127.0.0.9", HostPort: "5353" }],
      },
    },
  });
  expect(spec.Labels).toMatchObject({
    "nagi.dev/instance": "i",
    "nagi.dev/pod-uid": "uid-1",
    "nagi.dev/attempt": "2",
    "nagi.dev/address": "10.0.0.2",
  });
});

test("containers of a pod of several join its pause container", () => {
  const spec = build({}, { site: { pauseId: "p1" } });
  expect(spec.HostConfig).toMatchObject({
    NetworkMode: "container:p1",
    IpcMode: "container:p1",
    UTSMode: "container:p1",
  });
  expect(build({}, { site: { pauseId: "p1", runtime: "docker" } }).HostConfig?.UTSMode).toBeUndefined();
  expect([spec.Hostname, spec.HostConfig?.Dns, spec.NetworkingConfig]).toEqual([
    undefined,
    undefined,
    undefined,
  ]);
  expect(spec.Labels?.["nagi.dev/pause-id"]).toBe("p1");
  const pause = pauseSpec(podOf(), site, "pause:1");
  expect(pause).toMatchObject({
    Image: "pause:1",
    Hostname: "web",
    HostConfig: { NetworkMode: "nagi-i", CapDrop: ["ALL"], ReadonlyRootfs: true },
  });
  expect(pause.Labels).toMatchObject({ "nagi.dev/role": "pause" });
});

test("on the node's network there is no address, name or port of its own", () => {
  const spec = build({ ports: [{ containerPort: 80, hostPort: 80 }] }, { spec: { hostNetwork: true } });
  expect(spec.HostConfig?.NetworkMode).toBe("host");
  expect([spec.Hostname, spec.NetworkingConfig, spec.HostConfig?.PortBindings, spec.HostConfig?.Dns]).toEqual(
    [undefined, undefined, undefined, undefined],
  );
});

test.each([
  ["Default", undefined, {}],
  [
    "None",
    {
      nameservers: ["1.1.1.1"],
      searches: ["x.org"],
      options: [{ name: "ndots", value: "2" }, { name: "edns0" }],
    },
    { Dns: ["1.1.1.1"], DnsSearch: ["x.org"], DnsOptions: ["ndots:2", "edns0"] },
  ],
  [
    "ClusterFirst",
    { options: [{ name: "ndots", value: "1" }] },
    { Dns: ["10.96.0.10"], DnsOptions: ["ndots:1"] },
  ],
] satisfies [Pod["spec"]["dnsPolicy"], Pod["spec"]["dnsConfig"], object][])(
  "dns policy %s with %j gives %j",
  (dnsPolicy, dnsConfig, expected) => {
    const { Dns, DnsSearch, DnsOptions } = build({}, { spec: { dnsPolicy, dnsConfig } }).HostConfig ?? {};
    expect({ Dns, DnsSearch, DnsOptions }).toMatchObject(expected);
  },
);

test.each([
  [
    { limits: { cpu: "500m", memory: "64Mi" } },
    { CpuShares: 512, CpuPeriod: 100_000, CpuQuota: 50_000, Memory: 67_108_864, MemorySwap: 67_108_864 },
  ],
  [{ requests: { cpu: "2" } }, { CpuShares: 2048 }],
  [
    { requests: { cpu: "1m" }, limits: { cpu: "1m", memory: "1Mi" } },
    { CpuShares: 2, CpuQuota: 1000, Memory: 6_291_456 },
  ],
  [{}, {}],
])("resources %j become %j", (resources, expected) => {
  const { CpuShares, CpuPeriod, CpuQuota, Memory, MemorySwap } = build({ resources }).HostConfig ?? {};
  expect({ CpuShares, CpuPeriod, CpuQuota, Memory, MemorySwap }).toMatchObject(expected);
});

test.each([
  [undefined, "BestEffort", 1000],
  [{ requests: { memory: "100Mi" } }, "Burstable", 900],
  [{ limits: { memory: "100Mi", cpu: "1" } }, "Guaranteed", 1],
  [{ limits: { memory: "100Mi", cpu: "1" }, requests: { cpu: "1" } }, "Guaranteed", 1],
  [{ limits: { memory: "100Mi", cpu: "1" }, requests: { cpu: "500m" } }, "Burstable", 900],
  [{ limits: { cpu: "1" } }, "Burstable", 999],
])("resources %j are of class %s, memory kill score %i", (resources, qos, score) => {
  const container: Container = {
    name: "main",
    image: "img",
    ...(resources === undefined ? {} : { resources }),
  };
  expect(qosClassOf(podOf({ containers: [container] }))).toBe(qos);
  expect(build(container).HostConfig?.OomScoreAdj).toBe(score);
});

test("where that is permitted, guaranteed and critical pods are protected, and what holds their network", () => {
  const protects = { site: { mayProtect: true } };
  const guaranteed = { resources: { limits: { memory: "100Mi", cpu: "1" } } };
  expect(build(guaranteed, protects).HostConfig?.OomScoreAdj).toBe(-997);
  const critical = { ...protects, spec: { priority: 2_000_001_000 } };
  expect(build({}, critical).HostConfig?.OomScoreAdj).toBe(-997);
  expect(build({}, protects).HostConfig?.OomScoreAdj).toBe(1000);
  expect(pauseSpec(podOf(), { ...site, mayProtect: true }, "pause:1").HostConfig?.OomScoreAdj).toBe(-998);
});

test("users, groups and privileges are the container's, else the pod's", () => {
  const spec = build(
    {
      securityContext: {
        runAsUser: 5,
        readOnlyRootFilesystem: true,
        allowPrivilegeEscalation: false,
        capabilities: { add: ["NET_ADMIN"], drop: ["ALL"] },
      },
    },
    {
      spec: {
        securityContext: {
          runAsUser: 1,
          runAsGroup: 7,
          fsGroup: 8,
          supplementalGroups: [9],
          seccompProfile: { type: "Unconfined" },
        },
      },
    },
  );
  expect(spec.User).toBe("5:7");
  expect(spec.HostConfig).toMatchObject({
    ReadonlyRootfs: true,
    CapAdd: ["NET_ADMIN"],
    CapDrop: ["ALL"],
    GroupAdd: ["8", "9"],
    SecurityOpt: ["no-new-privileges", "seccomp=unconfined"],
  });
  expect(spec.HostConfig?.Privileged).toBeUndefined();
});

test("the hosts file names the pod and its aliases", () => {
  const text = hostsFile(
    podOf({ subdomain: "sub", hostAliases: [{ ip: "10.9.9.9", hostnames: ["a", "b"] }] }),
    "10.0.0.2",
    "cluster.local",
  );
  expect(text.split("\n").slice(3)).toEqual([
    "10.0.0.2\tweb.sub.ns.svc.cluster.local\tweb",
    "10.9.9.9\ta\tb",
    "",
  ]);
});

test("a container's name is its own among all instances, pods and attempts", () => {
  expect(containerName({ pod: podOf(), site, attempt: 3 }, "main")).toBe("nagi-i-ns-web-main-uid-1-3");
});
