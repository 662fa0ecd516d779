/** The parts of the Docker Engine API's documents that Nagi writes and reads, with the API's own names. */

export interface Ulimit {
  readonly Name: string;
  readonly Soft: number;
  readonly Hard: number;
}

export interface PortBinding {
  readonly HostIp?: string | undefined;
  readonly HostPort: string;
}

export interface HostConfig {
  readonly NetworkMode?: string | undefined;
  readonly CgroupParent?: string | undefined;
  readonly Binds?: readonly string[] | undefined;
  readonly Tmpfs?: Readonly<Record<string, string>> | undefined;
  readonly PortBindings?: Readonly<Record<string, readonly PortBinding[]>> | undefined;
  readonly Memory?: number | undefined;
  readonly MemorySwap?: number | undefined;
  readonly CpuShares?: number | undefined;
  readonly CpuQuota?: number | undefined;
  readonly CpuPeriod?: number | undefined;
  readonly PidsLimit?: number | undefined;
  readonly Ulimits?: readonly Ulimit[] | undefined;
  readonly CapAdd?: readonly string[] | undefined;
  readonly CapDrop?: readonly string[] | undefined;
  readonly Privileged?: boolean | undefined;
  readonly ReadonlyRootfs?: boolean | undefined;
  readonly SecurityOpt?: readonly string[] | undefined;
  readonly Dns?: readonly string[] | undefined;
  readonly DnsOptions?: readonly string[] | undefined;
  readonly DnsSearch?: readonly string[] | undefined;
  readonly ExtraHosts?: readonly string[] | undefined;
  readonly GroupAdd?: readonly string[] | undefined;
  readonly IpcMode?: string | undefined;
  readonly UTSMode?: string | undefined;
  readonly PidMode?: string | undefined;
  readonly ShmSize?: number | undefined;
  readonly Init?: boolean | undefined;
  readonly OomScoreAdj?: number | undefined;
  readonly Sysctls?: Readonly<Record<string, string>> | undefined;
  readonly RestartPolicy?: { readonly Name: string } | undefined;
  readonly LogConfig?:
    | { readonly Type: string; readonly Config?: Readonly<Record<string, string>> | undefined }
    | undefined;
}

/** Body of a container's creation. */
export interface ContainerSpec {
  readonly Image: string;
  readonly Hostname?: string | undefined;
  readonly Domainname?: string | undefined;
  readonly User?: string | undefined;
  readonly Env?: readonly string[] | undefined;
  readonly Entrypoint?: readonly string[] | undefined;
  readonly Cmd?: readonly string[] | undefined;
  readonly WorkingDir?: string | undefined;
  readonly Labels?: Readonly<Record<string, string>> | undefined;
  readonly ExposedPorts?: Readonly<Record<string, object>> | undefined;
  readonly StopSignal?: string | undefined;
  readonly StopTimeout?: number | undefined;
  readonly Tty?: boolean | undefined;
  readonly OpenStdin?: boolean | undefined;
  readonly HostConfig?: HostConfig | undefined;
  readonly NetworkingConfig?:
    | { readonly EndpointsConfig: Readonly<Record<string, EndpointSettings>> }
    | undefined;
}

export interface EndpointSettings {
  readonly IPAMConfig?: { readonly IPv4Address?: string | undefined } | undefined;
  readonly Aliases?: readonly string[] | undefined;
  readonly IPAddress?: string | undefined;
}

/** An entry of the list of containers. */
export interface ContainerSummary {
  readonly Id: string;
  readonly Names: readonly string[];
  readonly Image: string;
  readonly ImageID: string;
  readonly State: string;
  readonly Created: number;
  readonly Labels: Readonly<Record<string, string>>;
}

export interface ContainerState {
  readonly Status: string;
  readonly Running: boolean;
  readonly OOMKilled: boolean;
  readonly Pid: number;
  readonly ExitCode: number;
  readonly Error: string;
  readonly StartedAt: string;
  readonly FinishedAt: string;
}

export interface ContainerDetails {
  readonly Id: string;
  readonly Name: string;
  readonly Created: string;
  readonly Image: string;
  readonly LogPath: string;
  /** Bytes that it wrote into its own file system; only when asked for. */
  readonly SizeRw?: number | undefined;
  readonly State: ContainerState;
  readonly Mounts?: readonly { readonly Source: string }[] | null;
  readonly HostConfig: HostConfig;
  readonly Config: {
    readonly Labels: Readonly<Record<string, string>> | null;
    readonly Env: readonly string[] | null;
    readonly Image: string;
    readonly User: string;
    readonly Tty: boolean;
  };
  readonly NetworkSettings: {
    readonly IPAddress: string;
    readonly Networks: Readonly<
      Record<string, { readonly IPAddress: string; readonly Gateway: string }>
    > | null;
  };
}

export interface ImageSummary {
  readonly Id: string;
  readonly RepoTags: readonly string[] | null;
  readonly RepoDigests: readonly string[] | null;
  readonly Size: number;
  readonly Created: number;
  readonly Labels: Readonly<Record<string, string>> | null;
}

export interface ImageDetails {
  readonly Id: string;
  readonly RepoTags: readonly string[] | null;
  readonly RepoDigests: readonly string[] | null;
  readonly Size: number;
  readonly Created: string;
  readonly Architecture: string;
  readonly Config: {
    readonly User?: string | undefined;
    readonly Env?: readonly string[] | null | undefined;
    readonly Entrypoint?: readonly string[] | null | undefined;
    readonly Cmd?: readonly string[] | null | undefined;
    readonly WorkingDir?: string | undefined;
    readonly ExposedPorts?: Readonly<Record<string, object>> | null | undefined;
    readonly Labels?: Readonly<Record<string, string>> | null | undefined;
    readonly StopSignal?: string | undefined;
    /** Podman 4 leaves it out. */
    readonly OnBuild?: readonly string[] | null | undefined;
  };
}

export interface NetworkDetails {
  readonly Id: string;
  /** Name of the bridge's interface, where the engine tells it: Podman's own API. */
  readonly Interface?: string | undefined;
  readonly Name: string;
  readonly Driver: string;
  readonly Labels: Readonly<Record<string, string>> | null;
  readonly Options: Readonly<Record<string, string>> | null;
  readonly IPAM: {
    readonly Config: readonly { readonly Subnet: string; readonly Gateway?: string }[] | null;
  };
}

/** A bridge network of one subnet. */
export interface NetworkSpec {
  readonly name: string;
  /** Absent: one that the engine finds free. */
  readonly subnet?: string | undefined;
  readonly gateway?: string | undefined;
  /** Name of the bridge's interface, of at most 15 characters. Podman only. */
  readonly interface?: string | undefined;
  readonly labels: Readonly<Record<string, string>>;
}

export interface EngineEvent {
  readonly Type: string;
  readonly Action: string;
  readonly Actor: { readonly ID: string; readonly Attributes: Readonly<Record<string, string>> };
  readonly timeNano: number;
}

export interface EngineIdentity {
  /** What does not say that it is Podman is held for Docker. */
  readonly program: "podman" | "docker";
  /** For instance `4.3.1`. */
  readonly version: string;
}

export interface EngineInfo {
  readonly NCPU: number;
  readonly MemTotal: number;
  readonly OperatingSystem: string;
  readonly Driver: string;
  readonly CgroupDriver: string;
  readonly DockerRootDir: string;
  readonly ServerVersion: string;
}

export interface ContainerStats {
  readonly read: string;
  readonly cpu_stats: { readonly cpu_usage: { readonly total_usage: number } };
  readonly memory_stats: { readonly usage?: number; readonly limit?: number };
  readonly pids_stats?: { readonly current?: number } | undefined;
}

/** One step of a build, pull or push; `error` is how a failure is told in the middle of a successful answer. */
export interface Progress {
  readonly stream?: string | undefined;
  readonly status?: string | undefined;
  readonly id?: string | undefined;
  readonly progress?: string | undefined;
  readonly error?: string | undefined;
  readonly aux?: { readonly ID?: string; readonly Digest?: string; readonly Tag?: string } | undefined;
}
