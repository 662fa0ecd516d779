/** Why a build failed, in words that say what to do. Reasons are OpenShift's where it has one. */

export type FailureReason =
  | "BuildDeadlineExceeded"
  | "BuildInterrupted"
  | "CancelledBuild"
  | "CannotDetect"
  | "DiskFull"
  | "DockerBuildFailed"
  | "FetchSourceFailed"
  | "GenericBuildFailed"
  | "OutOfMemoryKilled"
  | "PlatformNotReady"
  | "PushImageToRegistryFailed"
  | "UnsupportedStrategy";

/** A build that could not be made, for a reason that its owner can see to. */
export class BuildFailure extends Error {
  override readonly name = "BuildFailure";
  readonly reason: FailureReason;

  constructor(reason: FailureReason, message: string, options?: ErrorOptions) {
    super(message, options);
    this.reason = reason;
  }
}

export interface EngineComplaint {
  readonly text: string;
  /** Last lines that the steps wrote. */
  readonly output: readonly string[];
  /** How much memory a step may use, in words. */
  readonly memory: string;
}

/** What package managers say when the lockfile was not written for this package.json. */
const lockfileSigns: readonly (readonly [sign: RegExp, advice: string])[] = [
  [
    /npm ci.*can only install.*in sync|lock file.*does not satisfy/i,
    "run `npm install` and commit package-lock.json",
  ],
  [/Your lockfile needs to be updated/i, "run `yarn install` and commit yarn.lock"],
  [/lockfile would have been modified/i, "run `yarn install` and commit yarn.lock"],
  [/ERR_PNPM_OUTDATED_LOCKFILE/, "run `pnpm install` and commit pnpm-lock.yaml"],
];

/** What the engine's complaint means. */
export function explainEngineFailure({ text: complaint, output, memory }: EngineComplaint): BuildFailure {
  const text = complaint.trim();
  if (/no space left on device|disk quota exceeded/i.test(text)) {
    const advice = "the disk is full: remove what is not needed (`nagi builds`, images, logs) and push again";
    return new BuildFailure("DiskFull", `${advice} (${shortened(text)})`);
  }
  if (/\b(exit status|exited with|exit code:?|returned a non-zero code:) 137\b|signal: killed/i.test(text)) {
    const advice = `a step was killed because it used more memory than the build may (${memory}): exit status 137. Build with less memory, for instance fewer workers, or raise the limit of builds`;
    return new BuildFailure("OutOfMemoryKilled", advice);
  }
  const stale = lockfileSigns.find(([sign]) => output.some((line) => sign.test(line)));
  if (stale !== undefined) {
    return new BuildFailure("DockerBuildFailed", `the lockfile does not fit package.json: ${stale[1]}`);
  }
  const step =
    /building at STEP "((?:[^"\\]|\\.)*)":.*?(exit status|exited with|non-zero code:?) (\d+)/s.exec(text);
  if (step !== null) {
    return new BuildFailure(
      "DockerBuildFailed",
      `${stepText(step[1] ?? "")} ended with exit status ${step[3]}`,
    );
  }
  if (
    /(manifest unknown|name unknown|pull access denied|not found|unable to find|initializing source)/i.test(
      text,
    )
  ) {
    return new BuildFailure(
      "DockerBuildFailed",
      `cannot get an image that the build needs: ${shortened(text)}`,
    );
  }
  return new BuildFailure("DockerBuildFailed", shortened(text));
}

function stepText(step: string): string {
  const plain = step
    .replaceAll('\\"', '"')
    .replaceAll(/--(mount|chown)=\S+ /g, "")
    .replace(/^RUN export (?:\w+=\S+ ?)+&& /, "RUN ");
  return `\`${shortened(plain)}\``;
}

function shortened(text: string): string {
  return text.length > 500 ? `${text.slice(0, 497)}...` : text;
}
