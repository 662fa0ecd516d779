/** Go: go.mod. Built on one platform, run on plain Debian. */

import {
  asApp,
  cacheDir,
  copyManifests,
  copySources,
  linesOf,
  packageLines,
  platformPort,
  startLines,
  step,
} from "../../containerfile.ts";
import type { FailureSign } from "../../failure.ts";
import type { ContainerfileOptions } from "../../plan.ts";
import type { SourceTree } from "../../source-tree.ts";
import { aptPackages } from "../aptfile.ts";
import type { Language } from "../language.ts";

const failureSigns: readonly FailureSign[] = [
  [/inconsistent vendoring/, "vendor/ does not fit go.mod: run `go mod vendor` and commit vendor/"],
  [
    /missing go\.sum entry|updates to go\.(?:mod|sum) needed/,
    "go.sum does not fit go.mod: run `go mod tidy` and commit both",
  ],
  [
    /(?:no required module provides|cannot find module providing) package ([^;:\s]+)/,
    "the module of $1 is not in go.mod: run `go get $1` and commit go.mod and go.sum",
  ],
  [
    /dial tcp|lookup \S+: (?:no such host|Temporary failure)|proxyconnect/,
    "the Go module proxy cannot be reached: run `go mod vendor` and commit vendor/, or tell the platform a mirror (GOPROXY in build.env)",
  ],
  [
    /note: module requires Go ([\d.]+)|requires go >= ([\d.]+)/,
    "the module wants Go $1, which is newer than the platform's: lower `go` in go.mod, use a platform with that version (`nagi platforms`), or add a Dockerfile",
  ],
];

export const go: Language = {
  name: "go",
  signs: ["go.mod"],
  reads: (path) => path === "go.mod" || path === "Aptfile" || /^(?:cmd\/[^/]+\/)?[^/]+\.go$/.test(path),
  isIn: ({ paths }) => paths.has("go.mod"),
  plan({ tree, processes, versions }) {
    const apt = aptPackages(tree);
    if (!apt.ok) return apt;
    const mod = tree.text("go.mod") ?? "";
    const module = /^module\s+"?([^\s"]+)/m.exec(mod)?.[1];
    if (module === undefined) return { ok: false, message: "go.mod: has no line `module NAME`" };
    const mains = mainPackages(tree, module);
    const types = Object.keys(processes);
    const [only = { name: "" }] = mains;
    if (mains.length === 0) {
      return { ok: false, message: "go.mod is there, but no `package main` in the root or in cmd/NAME/" };
    }
    const web = mains.find(({ name }) => name === "web" || name === "server") ?? only;
    const vendored = tree.paths.has("vendor/modules.txt");
    const parts: Parts = {
      mains,
      vendored,
      hasModules: /^\s*require\b/m.test(mod),
      packages: apt.packages,
      processes: types.length > 0 ? processes : { web: `bin/${web.name}` },
      manifests: ["go.mod", "go.sum"].filter((path) => tree.paths.has(path)),
    };
    return {
      ok: true,
      plan: {
        strategy: "go",
        runtime: "base",
        explanation: [
          `Go app: go.mod${vendored ? " with vendor/" : ""}`,
          `Go ${versions["go"] ?? ""}`,
          `package main in ${mains.map(({ path }) => path).join(", ")}`,
          types.length > 0 ? `Procfile with ${types.join(", ")}` : `web is bin/${web.name}`,
        ].join("; "),
        processes: parts.processes,
        manifests: parts.manifests,
        runsSteps: true,
        failureSigns,
        containerfile: (options) => goContainerfile(parts, options),
      },
    };
  },
};

interface MainPackage {
  /** Of its program. */
  readonly name: string;
  readonly path: string;
}

interface Parts {
  readonly mains: readonly MainPackage[];
  readonly vendored: boolean;
  readonly hasModules: boolean;
  readonly packages: readonly string[];
  readonly processes: Readonly<Record<string, string>>;
  readonly manifests: readonly string[];
}

function mainPackages(tree: SourceTree, module: string): MainPackage[] {
  const found = new Map<string, MainPackage>();
  for (const path of [...tree.paths].sort()) {
    const match = /^(?:cmd\/([^/]+)\/)?[^/]+\.go$/.exec(path);
    if (match === null || path.endsWith("_test.go")) continue;
    if (!/^package main\b/m.test(tree.text(path) ?? "")) continue;
    const name =
      match[1] ??
      module
        .replace(/\/v\d+$/, "")
        .split("/")
        .at(-1) ??
      "app";
    found.set(name, { name, path: match[1] === undefined ? "." : `./cmd/${match[1]}` });
  }
  return [...found.values()];
}

/** The build's caches are mounted: what they hold is compiled once for all pushes of the app. */
function goContainerfile(parts: Parts, { base, runtime, cacheId }: ContainerfileOptions): string {
  const environment = {
    GOMODCACHE: `${cacheDir}/mod`,
    GOCACHE: `${cacheDir}/build`,
    GOFLAGS: parts.vendored ? "-mod=vendor" : "-mod=readonly",
  };
  const build = parts.mains.map(({ name, path }) => `go build -trimpath -o /tmp/bin/${name} ${path}`);
  const download = parts.hasModules && !parts.vendored;
  return linesOf(
    `FROM ${base} AS build`,
    ...packageLines(parts.packages),
    ...(download
      ? [
          copyManifests(),
          step({
            command: "go mod download",
            cacheId: `${cacheId}.go`,
            environment: { GOMODCACHE: environment.GOMODCACHE },
          }),
        ]
      : []),
    copySources(),
    step({ command: build.join(" && "), cacheId: `${cacheId}.go`, environment }),
    `FROM ${runtime}`,
    ...packageLines(parts.packages),
    ...startLines(parts.processes),
    `EXPOSE ${platformPort}`,
    asApp,
    // The sources too: templates and assets are read while the app runs.
    copySources("", "/app/"),
    "COPY --from=build /tmp/bin/ /app/bin/",
    "WORKDIR /app",
  );
}
