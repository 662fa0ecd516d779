/** The layer rule of docs/ARCHITECTURE.md, for dependency-cruiser. One line a layer: who may import what. */

const layers = {
  lib: [],
  model: ["lib"],
  client: ["lib", "model"],
  scheduler: ["lib", "model", "client"],
  "engine/store": ["lib", "model"],
  "engine/apiserver": ["lib", "model", "client", "engine/store"],
  "engine/workloads": ["lib", "model", "client"],
  "engine/agent": ["lib", "model", "client"],
  "engine/network": ["lib", "model", "client"],
  // ADR 0046: what-if runs in the command, on the pure part of the scheduler.
  cli: ["lib", "model", "client", "scheduler/simulate", "scheduler/rebalance"],
};

/** Parts of the platform know each other through objects only. */
const platformMay = ["lib", "model", "client"];

const path = (root, layer) => `^${root}/${layer}/`;

function layerRules(root) {
  const rules = Object.entries(layers).map(([layer, may]) => ({
    name: `layer-${layer.replace("/", "-")}`,
    severity: "error",
    comment: `${layer} may import only: ${may.join(", ") || "nothing of src"}`,
    from: { path: path(root, layer) },
    to: { path: `^${root}/`, pathNot: [layer, ...may].map((name) => path(root, name)) },
  }));
  rules.push({
    name: "layer-platform",
    severity: "error",
    comment: "a part of the platform may import lib, model, client and itself",
    from: { path: `^${root}/platform/([^/]+)/` },
    to: {
      path: `^${root}/`,
      pathNot: [...platformMay.map((name) => path(root, name)), `^${root}/platform/$1/`],
    },
  });
  rules.push({
    name: "pure-scheduler",
    severity: "error",
    comment: "scheduling decisions are pure: only the loop talks to the API",
    from: { path: `^${root}/scheduler/`, pathNot: [`^${root}/scheduler/loop/`, "[.]test[.]ts$"] },
    to: { path: path(root, "client") },
  });
  rules.push({
    name: "no-cycle",
    severity: "error",
    comment: "files do not import each other in a circle",
    from: { path: `^${root}/` },
    to: { circular: true },
  });
  return rules;
}

const options = {
  tsPreCompilationDeps: true,
  doNotFollow: { path: "node_modules" },
  tsConfig: { fileName: "tsconfig.json" },
  enhancedResolveOptions: { extensions: [".ts", ".tsx", ".js", ".mjs", ".cjs"] },
};

module.exports = { layerRules, options };
