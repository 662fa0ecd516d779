const { layerRules, options } = require("./scripts/layers.cjs");

module.exports = { forbidden: layerRules("src"), options };
