/** What a worker of HAProxy holds at the moment, as it tells it; and how to bring it to something else. */

import { cliWord, type HaproxyCli } from "./haproxy-cli.ts";
import { mapNames } from "./haproxy-maps.ts";
import type { Slot } from "./server-slots.ts";
import { certificateList, parseCertificateList } from "./tls/certificate-store.ts";

/** Of `srv_admin_state`: put into maintenance through the command line. */
const forcedMaintenance = 0x01;

export interface WorkerState {
  readonly pid: number;
  readonly structureDigest: string;
  /** Ids of its backends. */
  readonly backends: ReadonlySet<string>;
  /** Servers by the id of their backend. */
  readonly slots: Map<string, readonly Slot[]>;
  /** By the file's name; without those that the worker has not loaded. */
  readonly maps: Map<string, ReadonlyMap<string, string>>;
  /** Lines of its list of certificates; undefined when it has none. */
  certificates: readonly string[] | undefined;
}

export async function readWorkerState(cli: HaproxyCli, pid: number): Promise<WorkerState> {
  const commands = [
    "show info desc",
    "show backend",
    "show servers state",
    `show ssl crt-list ${certificateList}`,
    ...mapNames.map((name) => `show map ${name}`),
  ];
  const [info = "", backends = "", servers = "", certificates = "", ...maps] = await cli.onWorker(
    pid,
    commands,
  );
  const loaded = mapNames.flatMap((name, index): [string, ReadonlyMap<string, string>][] => {
    const text = maps[index] ?? "";
    return text.startsWith("Unknown map") ? [] : [[name, parseMap(text)]];
  });
  return {
    pid,
    structureDigest: /^description: (\w*)/m.exec(info)?.[1] ?? "",
    backends: new Set(backends.split("\n").filter((line) => line !== "" && !line.startsWith("#"))),
    slots: parseServers(servers),
    maps: new Map(loaded),
    certificates: parseCertificateList(certificates),
  };
}

/** The commands that change a map from what it holds to what is wanted. */
export function mapCommands(
  name: string,
  actual: ReadonlyMap<string, string>,
  wanted: ReadonlyMap<string, string>,
): readonly string[] {
  const changes = [...wanted].flatMap(([key, value]) => {
    const verb = actual.has(key) ? "set" : "add";
    return actual.get(key) === value ? [] : [`${verb} map ${name} ${cliWord(key)} ${cliWord(value)}`];
  });
  const gone = [...actual.keys()].filter((key) => !wanted.has(key));
  return [...changes, ...gone.map((key) => `del map ${name} ${cliWord(key)}`)];
}

function parseServers(text: string): Map<string, readonly Slot[]> {
  const found = new Map<string, Slot[]>();
  for (const line of text.split("\n")) {
    const fields = line.split(" ");
    const [, backend, , name, address] = fields;
    const [admin, weight, port] = [fields[6], fields[7], fields[18]].map(Number);
    if (line.startsWith("#") || backend === undefined || name === undefined || address === undefined)
      continue;
    const up = ((admin ?? 0) & forcedMaintenance) === 0;
    const slots = found.get(backend) ?? [];
    slots.push({ name, address, port: port ?? 0, weight: weight ?? 1, up });
    found.set(backend, slots);
  }
  return found;
}

/** Lines of an address in memory, the key, and the value. */
function parseMap(text: string): Map<string, string> {
  const entries = text.split("\n").map((line) => /^0x\w+ (\S+) (.*)$/.exec(line));
  return new Map(entries.flatMap((match) => (match === null ? [] : [[match[1] ?? "", match[2] ?? ""]])));
}
