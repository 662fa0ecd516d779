/**
 * `bench scheduler`: how many pods a second are given a node. Nodes have 32 cpu, 256 Gi and room for 110 pods in
 * three zones; pods ask for 100m and 200Mi. Every decision evaluates every node.
 *
 *   --workload W (each in a process of its own when absent)
 *   --nodes N (5000)   --pods P (10000)   --mode decide|bind   --json
 *
 *   basic          nothing else
 *   hostport       each asks for a port of the node
 *   spread         one app, maxSkew 1 by zone, as a demand
 *   antiaffinity   apps of as many pods as four fifths of the nodes, no two of an app on one host, as a demand
 *   affinity       one app, all in one zone, as a demand
 *   preferred      one app, together in a zone but not on one host, as wishes
 *   mixed          basic, spread, antiaffinity, affinity and preferred by turns, ten apps of each
 *   churn          mixed, while half as many pods go again and after every hundredth pod a node comes or goes
 *   unschedulable  a thousand pods that no node can take stay in the queue; one in ten of the others goes again
 *   preemption     the nodes are full of pods of lower priority: each pod evicts three of them
 *
 * `decide` is the pure decision, `bind` from creation through the API until bound, every write on disk.
 */

import { spawnSync } from "node:child_process";
import { resourceUsage } from "node:process";
import { parseArgs } from "node:util";
import { measureBindings } from "./scheduler/bind.ts";
import { measureDecisions, type Measured } from "./scheduler/decide.ts";
import { workload, workloadNames, type WorkloadName } from "./scheduler/workloads.ts";

const { values: flags } = parseArgs({
  options: {
    workload: { type: "string" },
    nodes: { type: "string", default: "5000" },
    pods: { type: "string", default: "10000" },
    mode: { type: "string", default: "decide" },
    json: { type: "boolean", default: false },
  },
});
const nodes = Number(flags.nodes);
const pods = Number(flags.pods);

function percentile(sorted: readonly number[], share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}

function row(name: WorkloadName, { seconds, latenciesMs }: Measured, cpuSeconds: number): object {
  const sorted = latenciesMs.toSorted((a, b) => a - b);
  return {
    workload: name,
    mode: flags.mode,
    nodes,
    pods,
    podsPerSecond: Math.round(pods / seconds),
    p50Ms: Number(percentile(sorted, 0.5).toFixed(4)),
    p99Ms: Number(percentile(sorted, 0.99).toFixed(4)),
    cpuSecondsPer1000Pods: Number(((cpuSeconds * 1000) / pods).toFixed(4)),
    peakMemoryMb: Math.round(resourceUsage().maxRSS / 1024),
  };
}

async function measure(name: WorkloadName): Promise<object> {
  if (flags.mode !== "decide" && flags.mode !== "bind") {
    throw new Error(`cannot measure mode ${flags.mode}; the modes: decide, bind`);
  }
  const before = process.cpuUsage();
  const work = workload(name, nodes, pods);
  const measured =
    flags.mode === "decide" ? measureDecisions(work, nodes, pods) : await measureBindings(work, nodes, pods);
  const { user, system } = process.cpuUsage(before);
  return row(name, measured, (user + system) / 1e6);
}

function isWorkload(name: string): name is WorkloadName {
  return (workloadNames as readonly string[]).includes(name);
}

if (flags.workload === undefined) {
  const rows = workloadNames.map((name): object => {
    const argv = [import.meta.filename, ...process.argv.slice(2), "--workload", name, "--json"];
    const { status, stdout, stderr } = spawnSync(process.execPath, argv, { encoding: "utf8" });
    if (status !== 0) throw new Error(`workload ${name} failed:\n${stderr}`);
    if (flags.json) process.stdout.write(stdout);
    return JSON.parse(stdout) as object;
  });
  if (!flags.json) console.table(rows);
} else if (isWorkload(flags.workload)) {
  const measured = await measure(flags.workload);
  if (flags.json) console.log(JSON.stringify(measured));
  else console.table([measured]);
} else {
  console.error(`unknown workload ${flags.workload}; the workloads: ${workloadNames.join(", ")}`);
  process.exitCode = 2;
}
