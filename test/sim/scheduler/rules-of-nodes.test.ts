import { againstOracle } from "./rules.ts";

againstOracle(["nodes"], {
  refusing: ["NodeUnschedulable", "NodeName", "TaintToleration", "NodeAffinity"],
  scoring: ["TaintToleration"],
});
againstOracle(["ports", "nodes"], { refusing: ["NodePorts"] });
againstOracle(["resources"], {
  refusing: ["NodeResourcesFit"],
  scoring: ["NodeResourcesFit", "NodeResourcesBalancedAllocation"],
});
againstOracle(["images"], { scoring: ["ImageLocality"] });
againstOracle(["preemption", "resources"], { refusing: ["NodeResourcesFit"] });
againstOracle(["preemption", "ports"], { refusing: ["NodePorts"] });
