/** What the engine is asked to create for a container of a pod. Data in, data out. */

import type {
  ContainerSpec,
  HostConfig,
  PortBinding,
  Ulimit,
} from "../../lib/container-engine/engine-types.ts";
import type { Container, ContainerPort } from "../../model/kinds/core/pod/container.ts";
import type { Pod } from "../../model/kinds/core/pod/pod.ts";
import { labels, type ContainerRole } from "./container-record.ts";
import { dnsSettings, hostnameOf, type ClusterDns } from "./dns.ts";
import { cgroupSettings, oomScoreOf, pauseOomScore } from "./resources.ts";
import { expandVariables } from "./variables.ts";

/** Where a pod's containers live. */
export interface PodSite {
  readonly instance: string;
  readonly node: string;
  /** Address of the node, which host ports are bound to. */
  readonly nodeAddress: string;
  /** Address of the pod; empty on the node's network. */
  readonly podAddress: string;
  readonly network: string;
  /** The network namespace that Nagi made for the pod; absent: the engine makes one on `network`. */
  readonly namespacePath?: string | undefined;
  /** The container that holds the pod's network; absent: the only container holds it itself. */
  readonly pauseId?: string | undefined;
  /** Control group that all pods are in; absent: where the engine puts them. */
  readonly podsGroup?: string | undefined;
  readonly runtime: "podman" | "docker";
  readonly dns: ClusterDns;
  readonly ulimits?: readonly Ulimit[] | undefined;
  readonly machineMemoryBytes: number;
  readonly mayProtect: boolean;
}

export interface ContainerInput {
  readonly pod: Pod;
  readonly container: Container;
  readonly role: ContainerRole;
  readonly attempt: number;
  readonly backoffMs: number;
  readonly site: PodSite;
  readonly environment: ReadonlyMap<string, string>;
  /** `source:target:options`. */
  readonly binds: readonly string[];
  readonly terminationLog: string;
  readonly stopSignal: string;
}

export function containerName(input: Pick<ContainerInput, "pod" | "attempt" | "site">, name: string): string {
  const { metadata } = input.pod;
  const uid = (metadata.uid ?? "").slice(-12);
  return `nagi-${input.site.instance}-${metadata.namespace}-${metadata.name}-${name}-${uid}-${input.attempt}`;
}

export function containerSpec(input: ContainerInput): ContainerSpec {
  const { pod, container, site, environment } = input;
  const valueOf = (name: string): string | undefined => environment.get(name);
  const expand = (words: readonly string[]): string[] => words.map((word) => expandVariables(word, valueOf));
  const { command = [], args = [] } = container;
  const user = userOf(pod, container);
  return {
    Image: container.image ?? "",
    Env: [...environment].map(([name, value]) => `${name}=${value}`),
    // A command without arguments takes the image's arguments away too.
    ...(command.length === 0 ? {} : { Entrypoint: expand(command), Cmd: [] }),
    ...(args.length === 0 ? {} : { Cmd: expand(args) }),
    ...(container.workingDir === undefined ? {} : { WorkingDir: container.workingDir }),
    ...(user === undefined ? {} : { User: user }),
    ...(container.tty === true ? { Tty: true } : {}),
    ...(container.stdin === true ? { OpenStdin: true } : {}),
    ...(ownsNetwork(site) ? networkIdentity(pod, site) : {}),
    Labels: containerLabels(input),
    HostConfig: {
      ...cgroupSettings(container),
      ...(ownsNetwork(site) ? networkSettings(pod, site) : joined(pod, site)),
      ...securitySettings(pod, container),
      OomScoreAdj: oomScoreOf(pod, container, site),
      ...groupSettings(site),
      Binds: input.binds,
      ...(site.ulimits === undefined ? {} : { Ulimits: site.ulimits }),
    },
  };
}

/** The container that holds the network of a pod of several. */
export function pauseSpec(pod: Pod, site: PodSite, image: string): ContainerSpec {
  const { ulimits } = site;
  const identity = { pod, site, role: "pause", attempt: 0, backoffMs: 0 } as const;
  return {
    Image: image,
    ...networkIdentity(pod, site),
    Labels: commonLabels(identity),
    HostConfig: {
      ...networkSettings(pod, site),
      IpcMode: "shareable",
      ReadonlyRootfs: true,
      CapDrop: ["ALL"],
      SecurityOpt: ["no-new-privileges"],
      OomScoreAdj: pauseOomScore(site),
      ...groupSettings(site),
      ...(ulimits === undefined ? {} : { Ulimits: ulimits }),
    },
  };
}

function groupSettings({ podsGroup }: PodSite): HostConfig {
  return podsGroup === undefined ? {} : { CgroupParent: podsGroup };
}

function ownsNetwork(site: PodSite): boolean {
  return site.pauseId === undefined;
}

/** Whether the pod may have a network that the engine knows nothing of: ports of the host are the engine's to bind. */
export function mayJoinNamespace(pod: Pod): boolean {
  return pod.spec.hostNetwork !== true && hostPorts(pod).length === 0;
}

function networkIdentity(pod: Pod, site: PodSite): Partial<ContainerSpec> {
  if (pod.spec.hostNetwork === true) return {};
  if (site.namespacePath !== undefined) return { Hostname: hostnameOf(pod) };
  const endpoint = { IPAMConfig: { IPv4Address: site.podAddress } };
  return {
    Hostname: hostnameOf(pod),
    ExposedPorts: Object.fromEntries(Object.keys(portBindings(pod, site)).map((port) => [port, {}])),
    NetworkingConfig: { EndpointsConfig: { [site.network]: endpoint } },
  };
}

function networkSettings(pod: Pod, site: PodSite): HostConfig {
  const pid = pod.spec.hostPID === true ? { PidMode: "host" } : {};
  const ipc = pod.spec.hostIPC === true ? { IpcMode: "host" } : {};
  const sysctls = Object.fromEntries(
    (pod.spec.securityContext?.sysctls ?? []).map(({ name, value }) => [name, value] as const),
  );
  return {
    ...pid,
    ...ipc,
    ...(Object.keys(sysctls).length === 0 ? {} : { Sysctls: sysctls }),
    ...dnsSettings(pod, site.dns),
    ...networkMode(pod, site),
  };
}

function networkMode(pod: Pod, site: PodSite): HostConfig {
  if (pod.spec.hostNetwork === true) return { NetworkMode: "host" };
  if (site.namespacePath !== undefined) return { NetworkMode: `ns:${site.namespacePath}` };
  return { NetworkMode: site.network, PortBindings: portBindings(pod, site) };
}

function joined(pod: Pod, { pauseId, runtime }: PodSite): HostConfig {
  const other = `container:${pauseId}`;
  const { shareProcessNamespace, hostPID } = pod.spec;
  const shared = shareProcessNamespace === true ? { PidMode: other } : {};
  const pid = hostPID === true ? { PidMode: "host" } : shared;
  // Docker gives the host name along with the network, and knows no other container's.
  const name = runtime === "podman" ? { UTSMode: other } : {};
  return { NetworkMode: other, IpcMode: other, ...name, ...pid };
}

function portBindings(pod: Pod, site: PodSite): Record<string, PortBinding[]> {
  const result: Record<string, PortBinding[]> = {};
  for (const { hostPort, hostIP, protocol = "TCP", containerPort } of hostPorts(pod)) {
    const binding = { HostIp: hostIP ?? site.nodeAddress, HostPort: String(hostPort) };
    (result[`${containerPort}/${protocol.toLowerCase()}`] ??= []).push(binding);
  }
  return result;
}

function hostPorts({ spec }: Pod): ContainerPort[] {
  const ports = [...spec.containers, ...(spec.initContainers ?? [])].flatMap(({ ports = [] }) => ports);
  return ports.filter(({ hostPort = 0 }) => hostPort !== 0);
}

function userOf(pod: Pod, container: Container): string | undefined {
  const user = container.securityContext?.runAsUser ?? pod.spec.securityContext?.runAsUser;
  const group = container.securityContext?.runAsGroup ?? pod.spec.securityContext?.runAsGroup;
  if (user === undefined) return group === undefined ? undefined : `0:${group}`;
  return group === undefined ? String(user) : `${user}:${group}`;
}

function securitySettings(pod: Pod, container: Container): HostConfig {
  const own = container.securityContext ?? {};
  const { fsGroup, supplementalGroups = [], seccompProfile } = pod.spec.securityContext ?? {};
  const groups = [...(fsGroup === undefined ? [] : [fsGroup]), ...supplementalGroups].map(String);
  const seccomp = own.seccompProfile ?? seccompProfile;
  const options = [
    ...(own.allowPrivilegeEscalation === false ? ["no-new-privileges"] : []),
    ...(seccomp?.type === "Unconfined" ? ["seccomp=unconfined"] : []),
  ];
  return {
    ...(own.privileged === true ? { Privileged: true } : {}),
    ...(own.readOnlyRootFilesystem === true ? { ReadonlyRootfs: true } : {}),
    ...(own.capabilities?.add === undefined ? {} : { CapAdd: own.capabilities.add }),
    ...(own.capabilities?.drop === undefined ? {} : { CapDrop: own.capabilities.drop }),
    ...(groups.length === 0 ? {} : { GroupAdd: groups }),
    ...(options.length === 0 ? {} : { SecurityOpt: options }),
  };
}

type Identity = Pick<ContainerInput, "pod" | "site" | "role" | "attempt" | "backoffMs">;

function commonLabels({ pod, site, role, attempt, backoffMs }: Identity): Record<string, string> {
  const { metadata, spec } = pod;
  return {
    [labels.instance]: site.instance,
    [labels.node]: site.node,
    [labels.namespace]: metadata.namespace ?? "",
    [labels.pod]: metadata.name ?? "",
    [labels.podUid]: metadata.uid ?? "",
    [labels.role]: role,
    [labels.attempt]: String(attempt),
    [labels.backoff]: String(backoffMs),
    [labels.address]: site.podAddress,
    [labels.grace]: String(spec.terminationGracePeriodSeconds ?? 30),
  };
}

function containerLabels(input: ContainerInput): Record<string, string> {
  return {
    ...commonLabels(input),
    [labels.container]: input.container.name,
    [labels.image]: input.container.image ?? "",
    [labels.stopSignal]: input.stopSignal,
    [labels.terminationLog]: input.terminationLog,
    [labels.terminationPolicy]: input.container.terminationMessagePolicy ?? "File",
    ...(input.site.pauseId === undefined ? {} : { [labels.pauseId]: input.site.pauseId }),
  };
}
