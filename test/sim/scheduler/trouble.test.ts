import { expect, test } from "vitest";
import { Simulation } from "./simulation.ts";

const FIRST_SEED = Number(process.env["NAGI_TEST_SEED"] ?? 1);
const SEEDS = Number(process.env["NAGI_TEST_RUNS"] ?? 60);
/** Of every so many one asks a slow and faulty extender. */
const EXTENDED = 3;
const STEPS = 120;

for (let seed = FIRST_SEED; seed < FIRST_SEED + SEEDS; seed++) {
  test(`a cluster in trouble, seed ${seed}: no rule broken, no pod bound twice, none forgotten, gangs whole`, async () => {
    const simulation = new Simulation(seed, { isExtended: seed % EXTENDED === 0 });
    await simulation.start();
    for (let step = 0; step < STEPS; step++) {
      await simulation.step();
      expect(simulation.judge.broken).toEqual([]);
    }
    await simulation.rest();
    expect(simulation.judge.broken).toEqual([]);
    expect(await simulation.forgotten()).toEqual([]);
    expect(await simulation.unexplained()).toEqual([]);
    await simulation.stop();
  });
}
