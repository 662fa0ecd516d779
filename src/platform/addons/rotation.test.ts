import { expect, it } from "vitest";
import { nextStep, type RotationInput } from "./rotation.ts";

const at = "2026-01-01T00:00:00Z";
const step = (input: Partial<RotationInput>) =>
  nextStep({ wish: at, rotation: undefined, hasUsers: true, apps: [], ...input });
const releasing = { requestedAt: at, phase: "Releasing", user: "u2" } as const;

it("begins with a wish that was not answered, and only then", () => {
  expect(step({ wish: undefined })).toEqual({ action: "none" });
  expect(step({})).toMatchObject({ action: "set-phase", next: { phase: "Making" } });
  expect(step({ rotation: { requestedAt: at, phase: "Complete" } })).toEqual({ action: "none" });
  const later = { wish: "2026-01-02T00:00:00Z", rotation: { requestedAt: at, phase: "Complete" } } as const;
  expect(step(later)).toMatchObject({ next: { requestedAt: "2026-01-02T00:00:00Z", phase: "Making" } });
  expect(step({ hasUsers: false })).toMatchObject({ next: { phase: "Failed" } });
});

it("finishes one rotation before the next begins", () => {
  const next = step({ wish: "2026-01-02T00:00:00Z", rotation: { requestedAt: at, phase: "Making" } });
  expect(next).toMatchObject({ action: "make-user", next: { requestedAt: at, phase: "Releasing" } });
});

it("drops the old user only when nothing runs with him", () => {
  const apps = [
    { app: "a", runs: "yes" },
    { app: "b", runs: "not yet" },
  ] as const;
  expect(step({ rotation: releasing, apps })).toEqual({ action: "wait" });
  expect(step({ rotation: releasing, apps: [apps[0]] })).toMatchObject({ next: { phase: "Dropping" } });
  const dropping = { ...releasing, phase: "Dropping" } as const;
  expect(step({ rotation: dropping })).toMatchObject({ action: "drop-old", next: { phase: "Complete" } });
});

it("goes back when an app does not come up, and keeps the new user until nothing runs with him", () => {
  const refused = step({ rotation: releasing, apps: [{ app: "a", runs: "refused" }] });
  expect(refused).toMatchObject({ action: "set-phase", next: { phase: "Undoing" } });
  const undoing = { ...releasing, phase: "Undoing", message: "a did not come up" } as const;
  expect(step({ rotation: undoing, apps: [{ app: "b", runs: "not yet" }] })).toEqual({ action: "wait" });
  expect(step({ rotation: undoing, apps: [{ app: "b", runs: "yes" }] })).toEqual({
    action: "drop-new",
    next: { requestedAt: at, phase: "Failed", message: "a did not come up" },
  });
});
