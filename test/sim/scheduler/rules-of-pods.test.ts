import { againstOracle } from "./rules.ts";

againstOracle(["volumes"], {
  refusing: ["VolumeRestrictions", "NodeVolumeLimits", "VolumeBinding", "VolumeZone"],
});
againstOracle(["volumes", "nodes", "preemption"], {
  refusing: ["VolumeRestrictions", "VolumeBinding", "VolumeZone", "NodeAffinity", "TaintToleration"],
});
againstOracle(["spread"], { refusing: ["PodTopologySpread"], scoring: ["PodTopologySpread"] });
againstOracle(["spread", "nodes", "preemption"], {
  refusing: ["PodTopologySpread", "NodeAffinity"],
  scoring: ["PodTopologySpread"],
});
againstOracle(["owners"], { scoring: ["PodTopologySpread"] });
againstOracle(["affinity"], {});
againstOracle(["affinity", "spread", "preemption"], {});
