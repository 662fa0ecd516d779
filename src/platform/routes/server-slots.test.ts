import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { assignSlots, slotCommands, slotsAfter, type Slot } from "./server-slots.ts";

const endpoint = (address: string, weight = 1) => ({ address, port: 8080, weight, target: undefined });
const addresses = fc.uniqueArray(
  fc.integer({ min: 1, max: 8 }).map((last) => `10.0.0.${last}`),
  { maxLength: 8 },
);

test("an endpoint keeps its slot; one that left gives it on a turn later", () => {
  const first = assignSlots(
    [],
    ["10.0.0.1", "10.0.0.2"].map((address) => endpoint(address)),
  );
  const second = assignSlots(
    first,
    ["10.0.0.2", "10.0.0.3"].map((address) => endpoint(address)),
  );
  expect(second.map(({ name, address, up }) => [name, address, up])).toEqual([
    ["s1", "10.0.0.1", false],
    ["s2", "10.0.0.2", true],
    ["s3", "10.0.0.3", true],
  ]);
  const third = assignSlots(
    second,
    ["10.0.0.2", "10.0.0.3", "10.0.0.4"].map((address) => endpoint(address)),
  );
  expect(third[0]).toMatchObject({ name: "s1", address: "10.0.0.4", up: true });
});

test("a slot that rests and that a worker lacks is added when it is needed", () => {
  const slots = assignSlots(assignSlots([], [endpoint("10.0.0.1")]), [endpoint("10.0.0.2")]);
  const worker = slotsAfter(slots.slice(1), slots);
  expect(worker.map(({ name }) => name)).toEqual(["s2"]);
  const next = assignSlots(slots, [endpoint("10.0.0.3")]);
  expect(slotCommands("b", worker, next)).toContain("add server b/s1 10.0.0.3:8080 weight 1");
});

describe("over any history", () => {
  test("what is up is what is wanted, names are unique, and who stays does not move", () => {
    fc.assert(
      fc.property(fc.array(addresses, { maxLength: 20 }), (history) => {
        let slots: readonly Slot[] = [];
        for (const wanted of history) {
          const before = new Map(slots.filter(({ up }) => up).map((slot) => [slot.address, slot.name]));
          slots = assignSlots(
            slots,
            wanted.map((address) => endpoint(address)),
          );
          const up = slots.filter((slot) => slot.up);
          expect(up.map(({ address }) => address).toSorted()).toEqual(wanted.toSorted());
          expect(new Set(slots.map(({ name }) => name)).size).toBe(slots.length);
          for (const { address, name } of up) expect(before.get(address) ?? name).toBe(name);
        }
        expect(slots.length).toBeLessThanOrEqual(16);
      }),
    );
  });

  test("the commands bring a worker from any slots to any others", () => {
    fc.assert(
      fc.property(addresses, addresses, addresses, (one, two, three) => {
        const slotsOf = (present: readonly Slot[], wanted: readonly string[]) =>
          assignSlots(
            present,
            wanted.map((address, index) => endpoint(address, index + 1)),
          );
        const actual = slotsOf([], one);
        // A worker may lack slots, and may have slots that are no longer spoken of.
        const wanted = slotsOf(slotsOf(actual.slice(1), two), three);
        const reached = perform(actual, slotCommands("b", actual, wanted));
        const up = (slots: readonly Slot[]) =>
          slots.filter((slot) => slot.up).toSorted((a, b) => (a.name < b.name ? -1 : 1));
        expect(up(reached)).toEqual(up(wanted));
      }),
    );
  });
});

/** What HAProxy makes of the commands. */
function perform(slots: readonly Slot[], commands: readonly string[]): readonly Slot[] {
  const servers = new Map(slots.map((slot) => [slot.name, slot]));
  for (const command of commands) {
    const words = command.split(" ");
    const name = (words[2] ?? "").replace("b/", "");
    const server = servers.get(name);
    if (words[0] === "add") {
      const [address = "", port] = (words[3] ?? "").split(":");
      servers.set(name, { name, address, port: Number(port), weight: Number(words[5]), up: false });
      continue;
    }
    if (server === undefined) throw new Error(`no server ${name}`);
    if (words[3] === "state") servers.set(name, { ...server, up: words[4] === "ready" });
    if (words[3] === "weight") servers.set(name, { ...server, weight: Number(words[4]) });
    if (words[3] === "addr")
      servers.set(name, { ...server, address: words[4] ?? "", port: Number(words[6]) });
  }
  return [...servers.values()];
}
