import { describe, expect, it } from "vitest";
import { FakeClock } from "../../lib/clock.ts";
import { ProgressText } from "./progress-text.ts";

function shown(steps: readonly (string | number)[], ownSteps = true): string {
  const clock = new FakeClock();
  let text = "";
  const progress = new ProgressText((part) => (text += part), { clock, ownSteps });
  for (const step of steps) {
    if (typeof step === "number") clock.advance(step);
    else progress.take({ stream: step });
  }
  progress.end();
  return text;
}

describe("ProgressText", () => {
  it("shows Podman's steps with what was cached, what they wrote and what took long", () => {
    const text = shown([
      "STEP 1/3: FROM x\n",
      "STEP 2/3: WORKDIR /app\n",
      "--> Using cache 0123456789abcdef\n--> 0123456789a\n",
      "STEP 3/3: RUN --mount=type=secret,id=a export A=b && npm ci\n",
      2000,
      "added 2 pack",
      "ages\n\n",
      "COMMIT localhost/x\n--> 0123456789a\nSuccessfully tagged localhost/x\n",
    ]);
    expect(text).toBe(
      [
        "       [1/3] FROM x",
        "       [2/3] WORKDIR /app  (cached)",
        "       [3/3] RUN npm ci",
        "       added 2 packages",
        "       (2.0 s)",
        "",
      ].join("\n"),
    );
  });

  it("leaves out what the engine says of its own copying", () => {
    const id = "0".repeat(64);
    const text = shown([
      "STEP 1/1: FROM x\n",
      `[2/2] COMMIT localhost/x\nGetting image source signatures\nCopying blob sha256:${id}\n`,
      `Copying config sha256:${id}\nWriting manifest to image destination\nStoring signatures\n--> 0123456789a\n`,
    ]);
    expect(text).toBe("       [1/1] FROM x\n");
  });

  it("shows Docker's steps the same", () => {
    const text = shown([
      "Step 1/2 : FROM x\n",
      " ---> 0123456789ab\n",
      "Step 2/2 : COPY app/ ./\n",
      " ---> Using cache\n",
      " ---> 0123456789ab\nSuccessfully built 0123456789ab\n",
    ]);
    expect(text).toBe("       [1/2] FROM x\n       [2/2] COPY app/ ./  (cached)\n");
  });

  it("shows a step at once when it is silent, and says later that it was cached", () => {
    const text = shown(["STEP 1/1: WORKDIR /a\n", 500, "--> Using cache 0123\n"]);
    expect(text).toBe("       [1/1] WORKDIR /a\n       (cached)\n");
  });

  it("leaves out the steps of a generated file that only note something", () => {
    const steps = [
      "STEP 1/4: FROM x\n",
      "STEP 2/4: USER root\n",
      "--> Using cache 0123\n",
      "STEP 3/4: RUN make\n",
      "--> Using cache 0123\n",
      "STEP 4/4: LABEL a=b\n",
      2000,
    ];
    expect(shown(steps, false)).toBe("       [1/4] FROM x\n       [3/4] RUN make  (cached)\n");
    expect(shown(steps)).toContain("       [2/4] USER root  (cached)\n");
  });
});
