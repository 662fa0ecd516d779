import { expect, test } from "vitest";
import {
  horizontalPodAutoscaler,
  type HorizontalPodAutoscaler,
} from "../../model/kinds/autoscaling/horizontalpodautoscaler/horizontalpodautoscaler.ts";
import { app as appKind, type App, type AppSpec } from "../../model/kinds/nagi/app/app.ts";
import { newObject } from "../../model/kind.ts";
import { wantedReplicas } from "./autoscaled.ts";

interface Case {
  readonly spec?: AppSpec;
  readonly min?: number;
  readonly present?: number;
  readonly isTried?: boolean;
}

function wanted({ spec = {}, min, present, isTried = false }: Case): number {
  const scaleTargetRef = { kind: "Deployment", name: "shop-web" };
  const autoscaler =
    min === undefined
      ? undefined
      : newObject<HorizontalPodAutoscaler>(
          horizontalPodAutoscaler,
          { name: "shop-web" },
          { spec: { scaleTargetRef, minReplicas: min, maxReplicas: 5 } },
        );
  const app = newObject<App>(appKind, { name: "shop" }, { spec });
  return wantedReplicas(app, "web", { autoscaler, present, isTried });
}

const stopped: AppSpec = { processes: { web: { replicas: 3, stopped: true } } };
const volume: AppSpec = { volumes: [{ claim: "data", path: "/data" }] };

test.each<[string, Case, number]>([
  ["the app's own without an autoscaler", { spec: { processes: { web: { replicas: 3 } } }, present: 1 }, 3],
  ["what the autoscaler chose", { min: 1, present: 4 }, 4],
  ["none of what is stopped", { spec: stopped, min: 2, present: 4 }, 0],
  ["the fewest when it starts again", { min: 2, present: 0 }, 2],
  ["none while it sleeps", { min: 0, present: 0 }, 0],
  ["one of a release that is tried, asleep or not", { min: 0, present: 0, isTried: true }, 1],
  ["one of what is new", { min: 0 }, 1],
  ["no second writer of a volume", { spec: volume, min: 2, present: 3 }, 1],
  ["none of what has a volume and sleeps", { spec: volume, min: 0, present: 0 }, 0],
])("there is to be %s", (_name, given, count) => {
  expect(wanted(given)).toBe(count);
});
