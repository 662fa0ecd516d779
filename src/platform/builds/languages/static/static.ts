/** Sites of plain files, served as they are. */

import { linesOf } from "../../containerfile.ts";
import type { ContainerfileOptions } from "../../plan.ts";
import { readsNames, type Language } from "../language.ts";
import { detectStatic, type StaticPlan } from "./detect-static.ts";

export const staticSite: Language = {
  name: "static",
  signs: ["index.html", "public/index.html", "static.json"],
  reads: readsNames("static.json"),
  isIn: (tree) => detectStatic(tree) !== undefined,
  plan({ tree }) {
    const detection = detectStatic(tree);
    if (detection?.ok === false) return detection;
    const plan = detection?.plan ?? { explanation: "Static site", root: "" };
    return {
      ok: true,
      plan: {
        strategy: "static",
        explanation: plan.explanation,
        processes: {},
        runsSteps: false,
        containerfile: (options) => staticContainerfile(plan, options),
      },
    };
  },
};

export function staticContainerfile(plan: StaticPlan, options: Pick<ContainerfileOptions, "base">): string {
  const from = plan.root === "" ? "app" : `app/${plan.root}`;
  return linesOf(
    `FROM ${options.base}`,
    plan.fallback === undefined ? undefined : `ENV STATIC_FALLBACK=/${plan.fallback}`,
    `COPY ${from}/ /app/`,
  );
}
