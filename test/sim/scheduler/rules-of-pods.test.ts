import { againstOracle } from "./rules.ts";

againstOracle(["volumes"], {
  refusing: ["VolumeRestrictions", "NodeVolumeLimits", "VolumeBinding", "VolumeZone"],
});
againstOracle(["volumes", "nodes", "preemption"], {
  refusing: ["VolumeRestrictions", "VolumeBinding", "VolumeZone", "NodeAffinity", "TaintToleration"],
});
againstOracle(["spread"], {});
againstOracle(["spread", "nodes", "preemption"], {});
againstOracle(["owners"], {});
againstOracle(["affinity"], {});
againstOracle(["affinity", "spread", "preemption"], {});
