import { againstOracle } from "./rules.ts";

againstOracle(["policy", "owners"], {
  refusing: ["Together", "Racked"],
  scoring: [
    "LeastRequestedPriority",
    "MostRequestedPriority",
    "BalancedResourceAllocation",
    "SelectorSpreadPriority",
    "ServiceSpreadingPriority",
    "Apart",
    "New",
  ],
});
againstOracle(["policy", "owners", "nodes", "images"], {
  refusing: ["CheckNodeUnschedulable", "MatchNodeSelector", "PodToleratesNodeTaints", "HostName"],
  scoring: ["ImageLocalityPriority", "TaintTolerationPriority"],
});
againstOracle(["policy", "ports", "resources"], { refusing: ["PodFitsPorts", "PodFitsResources"] });
againstOracle(["policy", "volumes", "preemption"], {
  refusing: ["NoDiskConflict", "CheckVolumeBinding", "NoVolumeZoneConflict"],
});
