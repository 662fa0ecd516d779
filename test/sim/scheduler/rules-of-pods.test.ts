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
againstOracle(["affinity"], { refusing: ["InterPodAffinity"], scoring: ["InterPodAffinity"] });
againstOracle(["affinity", "spread", "preemption"], {
  refusing: ["InterPodAffinity", "PodTopologySpread"],
  scoring: ["InterPodAffinity", "PodTopologySpread"],
});
againstOracle(["affinity", "resources", "preemption"], {
  refusing: ["InterPodAffinity", "NodeResourcesFit"],
});
againstOracle(["spread", "owners", "nodes"], {
  refusing: ["PodTopologySpread", "TaintToleration"],
  scoring: ["PodTopologySpread"],
});
