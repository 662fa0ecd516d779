/**
 * Counters, gauges and histograms in Prometheus' text format. Values are kept as sums of this process; what is
 * asked for at a scrape only (`collect`) costs nothing in between.
 * https://prometheus.io/docs/instrumenting/exposition_formats/
 */

export const metricsContentType = "text/plain; version=0.0.4; charset=utf-8";

/** Combinations of label values of one metric; further ones are counted together under empty labels. */
const MAX_SERIES = 2000;

type MetricType = "counter" | "gauge" | "histogram";

export interface MetricOptions {
  readonly name: string;
  readonly help: string;
  readonly labels?: readonly string[] | undefined;
}

abstract class Metric<Series> {
  readonly name: string;
  readonly #help: string;
  readonly #type: MetricType;
  readonly #labels: readonly string[];
  readonly #series = new Map<string, { readonly labels: string; readonly value: Series }>();

  constructor({ name, help, labels = [] }: MetricOptions, type: MetricType) {
    this.name = name;
    this.#help = help;
    this.#type = type;
    this.#labels = labels;
  }

  /** The values of the labels in their order. The same object each time: keep it where it is used often. */
  with(...values: readonly string[]): Series {
    const key = values.join("\u0000");
    const known = this.#series.get(key);
    if (known !== undefined) return known.value;
    if (this.#series.size >= MAX_SERIES && values.some((value) => value !== "")) {
      return this.with(...values.map(() => ""));
    }
    const labels = this.#labels.map((label, index) => `${label}="${escaped(values[index] ?? "")}"`).join(",");
    const value = this.newSeries();
    this.#series.set(key, { labels, value });
    return value;
  }

  clear(): void {
    this.#series.clear();
  }

  text(): string {
    const head = `# HELP ${this.name} ${this.#help}\n# TYPE ${this.name} ${this.#type}\n`;
    return head + [...this.#series.values()].map(({ labels, value }) => this.lines(labels, value)).join("");
  }

  protected abstract newSeries(): Series;
  protected abstract lines(labels: string, value: Series): string;
}

export class NumberSeries {
  value = 0;

  add(by = 1): void {
    this.value += by;
  }

  set(value: number): void {
    this.value = value;
  }
}

class NumberMetric extends Metric<NumberSeries> {
  protected newSeries(): NumberSeries {
    return new NumberSeries();
  }

  protected lines(labels: string, { value }: NumberSeries): string {
    return `${this.name}${braces(labels)} ${value}\n`;
  }
}

export class HistogramSeries {
  readonly counts: Float64Array;
  readonly #bounds: readonly number[];
  sum = 0;

  constructor(bounds: readonly number[]) {
    this.#bounds = bounds;
    this.counts = new Float64Array(bounds.length + 1);
  }

  observe(value: number): void {
    const bounds = this.#bounds;
    let index = 0;
    while (index < bounds.length && value > (bounds[index] ?? 0)) index++;
    this.counts[index] = (this.counts[index] ?? 0) + 1;
    this.sum += value;
  }
}

class HistogramMetric extends Metric<HistogramSeries> {
  readonly #bounds: readonly number[];

  constructor(options: MetricOptions, bounds: readonly number[]) {
    super(options, "histogram");
    this.#bounds = bounds;
  }

  protected newSeries(): HistogramSeries {
    return new HistogramSeries(this.#bounds);
  }

  protected lines(labels: string, { counts, sum }: HistogramSeries): string {
    let total = 0;
    let text = "";
    for (const [index, count] of counts.entries()) {
      total += count;
      const bound = index < this.#bounds.length ? String(this.#bounds[index]) : "+Inf";
      text += `${this.name}_bucket${braces(joined(labels, `le="${bound}"`))} ${total}\n`;
    }
    return `${text}${this.name}_sum${braces(labels)} ${sum}\n${this.name}_count${braces(labels)} ${total}\n`;
  }
}

export type Counter = NumberMetric;
export type Gauge = NumberMetric;
export type Histogram = HistogramMetric;

export class MetricsRegistry {
  readonly #metrics: { text(): string }[] = [];
  readonly #collectors: (() => void)[] = [];

  counter(options: MetricOptions): Counter {
    return this.#add(new NumberMetric(options, "counter"));
  }

  gauge(options: MetricOptions): Gauge {
    return this.#add(new NumberMetric(options, "gauge"));
  }

  /** `bounds` ascend. */
  histogram(options: MetricOptions, bounds: readonly number[]): Histogram {
    return this.#add(new HistogramMetric(options, bounds));
  }

  /** Called before each scrape, to set gauges. */
  collect(collector: () => void): void {
    this.#collectors.push(collector);
  }

  text(): string {
    for (const collector of this.#collectors) collector();
    return this.#metrics.map((metric) => metric.text()).join("");
  }

  #add<M extends { text(): string }>(metric: M): M {
    this.#metrics.push(metric);
    return metric;
  }
}

/** As many bounds as `count`, from the first on, each so many times the one before. */
export function exponentialBounds(first: number, factor: number, count: number): readonly number[] {
  return Array.from({ length: count }, (_, index) => Number((first * factor ** index).toPrecision(12)));
}

function braces(labels: string): string {
  return labels === "" ? "" : `{${labels}}`;
}

function joined(labels: string, more: string): string {
  return labels === "" ? more : `${labels},${more}`;
}

function escaped(value: string): string {
  return value.replaceAll("\\", "\\\\").replaceAll("\n", "\\n").replaceAll('"', '\\"');
}
