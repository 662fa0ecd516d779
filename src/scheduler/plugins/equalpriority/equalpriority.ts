/** EqualPriority of OpenShift v3: the same for every node, for those who want chance alone to choose. */

import type { Plugin } from "../../framework/plugin.ts";

export const equalPriority: Plugin = { name: "EqualPriority", score: () => 1 };
