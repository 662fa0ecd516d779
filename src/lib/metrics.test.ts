import { expect, test } from "vitest";
import { exponentialBounds, MetricsRegistry } from "./metrics.ts";

test("the text is what Prometheus reads", () => {
  const registry = new MetricsRegistry();
  const attempts = registry.counter({ name: "attempts_total", help: "Tries.", labels: ["result"] });
  attempts.with("done").add();
  attempts.with('a "b"\\\n').add(2);
  const size = registry.gauge({ name: "size", help: "Now." });
  registry.collect(() => size.with().set(7));
  const seconds = registry.histogram({ name: "seconds", help: "Time.", labels: ["of"] }, [0.1, 1]);
  for (const value of [0.1, 0.5, 3]) seconds.with("x").observe(value);
  expect(registry.text()).toBe(`# HELP attempts_total Tries.
# TYPE attempts_total counter
attempts_total{result="done"} 1
attempts_total{result="a \\"b\\"\\\\\\n"} 2
# HELP size Now.
# TYPE size gauge
size 7
# HELP seconds Time.
# TYPE seconds histogram
seconds_bucket{of="x",le="0.1"} 1
seconds_bucket{of="x",le="1"} 2
seconds_bucket{of="x",le="+Inf"} 3
seconds_sum{of="x"} 3.6
seconds_count{of="x"} 3
`);
});

test("bounds grow by the factor, without rounding errors in their text", () => {
  expect(exponentialBounds(0.1, 2, 4)).toEqual([0.1, 0.2, 0.4, 0.8]);
  expect(exponentialBounds(0.001, 2, 15).at(-1)).toBe(16.384);
});

test("more combinations of labels than may be kept are counted together", () => {
  const registry = new MetricsRegistry();
  const counter = registry.counter({ name: "c", help: "C.", labels: ["l"] });
  for (let index = 0; index < 2010; index++) counter.with(`v${index}`).add();
  expect(registry.text()).toContain('c{l=""} 10\n');
});
