/** Java: Maven's pom.xml, Gradle's build file, a ready jar, or sources with a main method. Run on a platform without compiler. */

import {
  cacheDir,
  copySources,
  linesOf,
  packageLines,
  platformPort,
  shellQuote,
  startLines,
  step,
} from "../../containerfile.ts";
import type { FailureSign } from "../../failure.ts";
import type { ContainerfileOptions } from "../../plan.ts";
import type { SourceTree } from "../../source-tree.ts";
import { aptPackages } from "../aptfile.ts";
import type { Language } from "../language.ts";
import { gradleFiles as mirrorFiles, gradleMount, gradleOption } from "./gradle-mirror.ts";

const failureSigns: readonly FailureSign[] = [
  [
    /(?:Could not transfer artifact|Could not resolve all|Cannot access \S+ \(.*\) in offline mode|UnknownHostException|Connection refused|Could not GET)/,
    "the Maven repository cannot be reached: tell the platform a mirror (MAVEN_MIRROR_URL in build.env), take Debian's packages by an Aptfile, or push the finished jar",
  ],
  [/Could not find artifact (\S+)/, "there is no artifact $1: check pom.xml"],
  [
    /(?:release version|invalid target release:?|Source option|target release:?) (\d+)/,
    "the build asks for Java $1, which the platform does not have: change it in the build file, or add a Dockerfile",
  ],
  [
    /error: package (\S+) does not exist/,
    "the package $1 is missing: add the library that holds it to the build file",
  ],
];

const gradleFiles = ["build.gradle", "build.gradle.kts"];
const mainMethod = /\bstatic\s+(?:final\s+)?void\s+main\s*\(|\bvoid\s+main\s*\(\s*String/;

type Tool = "maven" | "gradle" | "jar" | "javac";

interface Parts {
  readonly tool: Tool;
  readonly wrapper: boolean;
  readonly packages: readonly string[];
  readonly processes: Readonly<Record<string, string>>;
}

interface Found {
  readonly tool: Tool;
  readonly text: string;
  readonly wrapper: boolean;
  /** How web starts. */
  readonly command: string;
}

export const java: Language = {
  name: "java",
  signs: ["pom.xml", "build.gradle", "build.gradle.kts", "Main.java", "app.jar"],
  reads: (path) => path === "Aptfile" || /^[^/]+\.java$/.test(path),
  isIn: (tree) => find(tree) !== undefined,
  plan({ tree, processes, versions }) {
    const apt = aptPackages(tree);
    if (!apt.ok) return apt;
    const found = find(tree);
    if (found === undefined)
      return { ok: false, message: "there is no pom.xml, build.gradle, jar or class with a main method" };
    const types = Object.keys(processes);
    const { tool, wrapper } = found;
    const debianGradle = tool === "gradle" && !wrapper ? ["gradle"] : [];
    const parts: Parts = {
      tool,
      wrapper,
      packages: [...debianGradle, ...apt.packages],
      processes: types.length > 0 ? processes : { web: found.command },
    };
    const from = types.length > 0 ? `Procfile with ${types.join(", ")}` : found.command.replace(/^exec /, "");
    return {
      ok: true,
      plan: {
        strategy: "java",
        runtime: "jre",
        explanation: `Java app: ${found.text}; Java ${versions["java"] ?? ""}; ${from}`,
        processes: parts.processes,
        leftOut: ["target", "build", ".gradle"],
        files: tool === "gradle" ? mirrorFiles : undefined,
        runsSteps: true,
        failureSigns,
        containerfile: (options) => javaContainerfile(parts, options),
      },
    };
  },
};

const options = "java $JAVA_OPTS -XX:MaxRAMPercentage=75";

function find(tree: SourceTree): Found | undefined {
  const jar = { command: `${options} -jar app.jar`, wrapper: false };
  if (tree.paths.has("pom.xml")) {
    const wrapper = tree.paths.has("mvnw");
    return { ...jar, tool: "maven", wrapper, text: wrapper ? "pom.xml with mvnw" : "pom.xml" };
  }
  const gradle = gradleFiles.find((path) => tree.paths.has(path));
  if (gradle !== undefined) {
    const wrapper = tree.paths.has("gradlew");
    return { ...jar, tool: "gradle", wrapper, text: wrapper ? `${gradle} with gradlew` : gradle };
  }
  const sources = [...tree.paths].filter((path) => /^[^/]+\.java$/.test(path)).sort();
  const main = sources.find((path) => mainMethod.test(tree.text(path) ?? ""));
  if (main !== undefined) {
    const name = /^\s*package\s+([\w.]+)\s*;/m.exec(tree.text(main) ?? "")?.[1];
    const className = `${name === undefined ? "" : `${name}.`}${main.replace(/\.java$/, "")}`;
    return {
      tool: "javac",
      wrapper: false,
      text: main,
      command: `${options} -cp 'classes:lib/*' ${className}`,
    };
  }
  const jars = [...tree.paths].filter((path) => /^[^/]+\.jar$/.test(path));
  const [only] = jars;
  if (only === undefined || jars.length > 1) return undefined;
  return { tool: "jar", wrapper: false, text: only, command: `${options} -jar ${shellQuote(only)}` };
}

const commands: Readonly<
  Record<"maven" | "gradle", { readonly own: string; readonly wrapper: string; readonly output: string }>
> = {
  maven: {
    own: "mvn -B -q -s /etc/nagi/settings.xml -DskipTests package",
    wrapper: "sh mvnw -B -q -s /etc/nagi/settings.xml -DskipTests package",
    output: "target",
  },
  gradle: {
    own: `gradle ${gradleOption} --no-daemon -q assemble`,
    wrapper: `sh gradlew ${gradleOption} --no-daemon -q assemble`,
    output: "build/libs",
  },
};

const offlineFlags = { maven: "-o -Daether.offline.protocols=file", gradle: "--offline" } as const;

function buildCommand({ tool, wrapper }: Parts): string {
  if (tool === "jar") return "true";
  if (tool === "javac")
    return "mkdir -p classes && javac -encoding UTF-8 -d classes -cp 'lib/*' $(find . -name '*.java')";
  const { own, wrapper: wrapped, output } = commands[tool];
  // A build leaves its plain and its complete jar: the largest is the one that runs by itself.
  const take = `ls -S ${output}/*.jar | grep -v -e '-sources.jar$' -e '-javadoc.jar$' -e '-plain.jar$' | head -n 1`;
  const build = wrapper ? wrapped : own;
  // What Debian and the cache hold needs no outside, where asking in vain takes minutes.
  const offline = build.replace(/^(?:sh \S+|\S+)/, `$& ${offlineFlags[tool]}`);
  return `{ nagi-java-env ${offline} >/dev/null 2>&1 || nagi-java-env ${build}; } && cp "$(${take})" app.jar`;
}

function javaContainerfile(parts: Parts, { base, runtime, cacheId }: ContainerfileOptions): string {
  const environment = {
    NAGI_MAVEN_REPOSITORY: `${cacheDir}/maven`,
    MAVEN_USER_HOME: `${cacheDir}/wrapper`,
    GRADLE_USER_HOME: `${cacheDir}/gradle`,
  };
  const start = startLines(parts.processes);
  const build = step({ command: buildCommand(parts), cacheId: `${cacheId}.java`, environment });
  return linesOf(
    `FROM ${base} AS build`,
    ...packageLines(parts.packages),
    copySources(),
    parts.tool === "gradle" ? build.replace(/^RUN /, `RUN ${gradleMount} `) : build,
    `FROM ${runtime}`,
    ...packageLines(parts.packages.filter((name) => name !== "gradle")),
    ...start,
    `EXPOSE ${platformPort}`,
    ...results(parts).map((path) => `COPY --from=build --chown=1000:1000 /app/${path} /app/${path}`),
  );
}

/** What the app runs from; its own Procfile may name any file of the build. */
function results({ tool, processes }: Parts): string[] {
  const usesJar = Object.values(processes).every((command) => command.includes("-jar app.jar"));
  return usesJar && (tool === "maven" || tool === "gradle") ? ["app.jar"] : [""];
}
