import * as fc from "fast-check";
import { expect, test } from "vitest";
import { assignBackends, emptyFrame, parseFrame } from "./backend-frame.ts";

test("over any history an id belongs to one name, and a name that stays keeps its id", () => {
  const names = fc.uniqueArray(
    fc.integer({ min: 0, max: 60 }).map((number) => `default:a${number}:a${number}`),
    { maxLength: 60 },
  );
  fc.assert(
    fc.property(fc.array(names, { maxLength: 12 }), (history) => {
      let frame = emptyFrame;
      const owner = new Map<string, string>();
      let born = 0;
      const current = new Map<string, string>();
      for (const wanted of history) {
        const before = frame;
        frame = parseFrame(JSON.stringify(assignBackends(frame, wanted)));
        expect(Object.keys(frame.assigned).toSorted()).toEqual(wanted.toSorted());
        for (const [name, id] of Object.entries(frame.assigned)) {
          expect(frame.ids).toContain(id);
          const incarnation =
            before.assigned[name] === undefined ? `${name}#${(born += 1)}` : current.get(name);
          current.set(name, incarnation ?? "");
          expect(owner.get(id) ?? incarnation).toBe(incarnation);
          owner.set(id, incarnation ?? "");
          if (before.assigned[name] !== undefined) expect(id).toBe(before.assigned[name]);
        }
        const taken = new Set(Object.values(frame.assigned));
        expect(frame.spares.filter((id) => taken.has(id))).toEqual([]);
      }
    }),
  );
});

test("the configuration changes only when the spares are used up", () => {
  const names = Array.from({ length: 33 }, (_, index) => `n:${index}:r`);
  const first = assignBackends(emptyFrame, []);
  const full = assignBackends(first, names.slice(0, 32));
  expect(full.ids).toEqual(first.ids);
  const more = assignBackends(full, names);
  expect(more.ids.length).toBe(33 + 32);
  const fewer = assignBackends(more, names.slice(1));
  expect(fewer.ids).toEqual(more.ids);
  expect(fewer.retired).toEqual({ r1: names[0] });
});
