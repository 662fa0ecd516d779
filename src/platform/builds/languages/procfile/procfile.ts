/** Apps of no language that is known: a Procfile says what runs, on plain Debian with what the Aptfile adds. */

import { asApp, copySources, linesOf, packageLines, platformPort, startLines } from "../../containerfile.ts";
import { aptPackages } from "../aptfile.ts";
import { readsNames, type Language } from "../language.ts";

export const procfile: Language = {
  name: "procfile",
  platform: "base",
  signs: ["Procfile"],
  reads: readsNames("Aptfile"),
  isIn: ({ paths }) => paths.has("Procfile"),
  plan({ tree, processes }) {
    const apt = aptPackages(tree);
    if (!apt.ok) return apt;
    const { packages } = apt;
    const added = packages.length === 0 ? "" : `, Aptfile with ${packages.join(", ")}`;
    const types = Object.keys(processes).join(", ");
    return {
      ok: true,
      plan: {
        strategy: "procfile",
        explanation: `Procfile with ${types}: no language that is known, so plain Debian${added}`,
        processes,
        runsSteps: packages.length > 0,
        containerfile: ({ base }) =>
          linesOf(
            `FROM ${base}`,
            ...packageLines(packages),
            ...startLines(processes),
            `EXPOSE ${platformPort}`,
            asApp,
            // Makes the directory too, as `app`'s own.
            copySources("", "/app/"),
            "WORKDIR /app",
          ),
      },
    };
  },
};
