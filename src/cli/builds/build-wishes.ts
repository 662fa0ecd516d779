/** What the options of start-build ask of the build, checked against the configuration. Pure. */

import type { EnvVar } from "../../model/kinds/core/pod/container.ts";
import type { BuildConfig } from "../../model/kinds/build/buildconfig/buildconfig.ts";
import { strategyTypeOf } from "../../model/kinds/build/build-strategy.ts";
import { UsageError } from "../command.ts";

const maxLogLevel = 10;

export interface GivenWishes {
  readonly env: readonly string[];
  readonly buildArgs: readonly string[];
  readonly incremental: boolean;
  readonly noCache: boolean;
  readonly logLevel: number | undefined;
}

export interface Wishes {
  readonly env?: readonly EnvVar[];
  readonly buildArgs?: readonly EnvVar[];
  readonly noCache?: boolean;
  readonly incremental?: boolean;
}

export function wishesOf(given: GivenWishes, { spec, metadata }: BuildConfig): Wishes {
  const type = strategyTypeOf(spec.strategy) ?? "";
  const only = (option: string, types: readonly string[]): void => {
    if (types.includes(type)) return;
    const article = types.join(" or ");
    throw new UsageError(
      `--${option} is of ${article} builds, but ${metadata.name} has the strategy ${type}`,
    );
  };
  if (given.buildArgs.length > 0) only("build-arg", ["Docker"]);
  if (given.noCache) only("no-cache", ["Docker", "Nagi"]);
  if (given.incremental) only("incremental", ["Source"]);
  const { logLevel } = given;
  if (logLevel !== undefined && !(Number.isInteger(logLevel) && logLevel >= 0 && logLevel <= maxLogLevel)) {
    throw new UsageError(
      `--build-loglevel is ${logLevel}: it must be a whole number from 0 to ${maxLogLevel}`,
    );
  }
  const env = given.env.map((text) => variable("env", text));
  if (logLevel !== undefined) env.push({ name: "BUILD_LOGLEVEL", value: String(logLevel) });
  const buildArgs = given.buildArgs.map((text) => variable("build-arg", text));
  return {
    ...(env.length === 0 ? {} : { env }),
    ...(buildArgs.length === 0 ? {} : { buildArgs }),
    ...(given.noCache ? { noCache: true } : {}),
    ...(given.incremental ? { incremental: true } : {}),
  };
}

export function variable(option: string, text: string): EnvVar {
  const at = text.indexOf("=");
  if (at > 0) return { name: text.slice(0, at), value: text.slice(at + 1) };
  throw new UsageError(`--${option} is ${JSON.stringify(text)}: it must be NAME=VALUE`);
}
