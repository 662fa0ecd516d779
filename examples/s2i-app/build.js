// Each build adds a line to what the builds before it left.
import { appendFileSync, mkdirSync } from "node:fs";

mkdirSync("node_modules/.kept", { recursive: true });
appendFileSync("node_modules/.kept/builds", `${process.env.OPENSHIFT_BUILD_NAME}\n`);
