/**
 * `bench scheduler`: how many pods a second are given a node. Nodes have 32 cpu, 256 Gi and room for 110 pods in
 * three zones; pods ask for 100m and 200Mi. Every decision evaluates every node.
 *
 *   --workload basic|hostport|unschedulable (all when absent)   --nodes N   --pods P   --mode decide   --json
 */

import { seededRandom } from "../src/lib/random.ts";
import { Decider } from "../src/scheduler/decide.ts";
import { unschedulableMessage } from "../src/scheduler/explain/message.ts";
import { defaultProfile } from "../src/scheduler/profiles.ts";
import { Cluster } from "../src/scheduler/snapshot/cluster.ts";
import type { NodeObject, PodObject } from "../src/scheduler/snapshot/objects.ts";
import { readPod } from "../src/scheduler/snapshot/pod-info.ts";
