import { describe, expect, it } from "vitest";
import { mountingTrigger, triggersIn } from "./triggers.ts";

describe("ONBUILD triggers in an image's configuration", () => {
  it.each([
    ['{"config":{"OnBuild":null,"Env":["A=1"]}}', []],
    ['{"config":{"OnBuild":["RUN a","COPY . ]/b"],"Env":["A=1"]}}', ["RUN a", "COPY . ]/b"]],
    // Go takes names in any case, and all of what is there twice.
    ['{"CONFIG":{"onBuild" : ["RUN a"]},"config":{"OnBuild":["RUN b"],"OnBuild":null}}', ["RUN a", "RUN b"]],
    [String.raw`{"config":{"\u004fnBuild":["RUN \"a\""]}}`, ['RUN "a"']],
    ['{"config":{"Env":["OnBuild"],"Cmd":["RUN a"]}}', []],
  ])("are found: %s", (config, expected) => {
    expect(triggersIn(config)).toEqual(expected);
  });
});

describe("a trigger that mounts or fetches", () => {
  it.each([
    [["RUN make", "COPY --chown=app . /app"], undefined],
    [["RUN a", "RUN --mount=type=cache,id=../..,target=/x b"], "RUN --mount=type=cache,id=../..,target=/x b"],
    [["RUN \\", " --mount=type=bind,target=/x b"], "RUN  --mount=type=bind,target=/x b"],
    [["COPY --from=other/app / /x"], "COPY --from=other/app / /x"],
    [["RUN --mount=é x"], "RUN --mount=é x"],
    [["ADD --chown=app a.tar b* /app/"], undefined],
    [["ADD http://127.0.0.1/x /x"], "ADD http://127.0.0.1/x /x"],
    [["ADD $WHAT /x"], "ADD $WHAT /x"],
  ])("is found: %j", (triggers, found) => {
    expect(mountingTrigger(triggers)).toBe(found);
  });
});
