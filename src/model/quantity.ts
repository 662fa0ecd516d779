/**
 * Kubernetes resource quantities, exactly: `500m`, `1.5Gi`, `2e3`. A quantity is held in nano units as a bigint;
 * whatever is finer is rounded up, and what is larger than 2^63-1 units is refused rather than cut or wrapped.
 *
 * `milliValue` and `byteValue` are for arithmetic in numbers. Above 2^53 they are the nearest double, so a
 * comparison with any amount that a machine can have stays right.
 */

export type QuantityFormat = "DecimalSI" | "BinarySI" | "DecimalExponent";

export interface Quantity {
  readonly nanos: bigint;
  /** How it was written, which is how it is written again. */
  readonly format: QuantityFormat;
}

const nano = 1_000_000_000n;
const nanosMax = (2n ** 63n - 1n) * nano;
/** Longer text cannot be a sensible amount, and would cost much to read. */
const textLengthMax = 64;
const exponentMax = 30;

const shape = /^([+-]?)(\d+\.?\d*|\.\d+)(Ki|Mi|Gi|Ti|Pi|Ei|[eE][+-]?\d+|[numkMGTPE]|)$/;
const binarySuffixes = ["", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei"];
const decimalSuffixes = ["n", "u", "m", "", "k", "M", "G", "T", "P", "E"];

export const quantityRule =
  "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'";

/** Throws a RangeError that says what a quantity must be. */
export function parseQuantity(text: string | number): Quantity {
  const parsed = readQuantity(text);
  if (typeof parsed === "string") throw new RangeError(parsed);
  return parsed;
}

/** What is wrong with the text as a quantity, or undefined. */
export function checkQuantity(text: string | number): string | undefined {
  const parsed = readQuantity(text);
  return typeof parsed === "string" ? parsed : undefined;
}

/** The last texts that were read: amounts are few and come again and again. */
const lastRead = new Map<string, Quantity | string>();
const lastReadMax = 256;

function readQuantity(given: string | number): Quantity | string {
  const text = typeof given === "number" ? String(given) : given;
  const known = lastRead.get(text);
  if (known !== undefined) return known;
  const read = readText(text);
  if (text.length > textLengthMax) return read;
  if (lastRead.size >= lastReadMax) lastRead.clear();
  lastRead.set(text, read);
  return read;
}

function readText(text: string): Quantity | string {
  const match = text.length > textLengthMax ? null : shape.exec(text);
  if (match === null) return quantityRule;
  const [, sign = "", digits = "", suffix = ""] = match;
  const scale = scaleOf(suffix);
  if (scale === undefined) return `the exponent must be between -${exponentMax} and ${exponentMax}`;
  const [whole = "", fraction = ""] = digits.split(".");
  const numerator = BigInt(whole + fraction) * scale.numerator * nano;
  const denominator = 10n ** BigInt(fraction.length) * scale.denominator;
  const nanos = (numerator + denominator - 1n) / denominator;
  if (nanos > nanosMax) return "must be no more than 9223372036854775807";
  return { nanos: sign === "-" ? -nanos : nanos, format: scale.format };
}

interface Scale {
  readonly numerator: bigint;
  readonly denominator: bigint;
  readonly format: QuantityFormat;
}

function scaleOf(suffix: string): Scale | undefined {
  if (suffix.endsWith("i")) {
    const numerator = 1024n ** BigInt(binarySuffixes.indexOf(suffix));
    return { numerator, denominator: 1n, format: "BinarySI" };
  }
  if (suffix.length <= 1) return tenTo(3 * decimalSuffixes.indexOf(suffix) - 9, "DecimalSI");
  const exponent = Number(suffix.slice(1));
  return Math.abs(exponent) > exponentMax ? undefined : tenTo(exponent, "DecimalExponent");
}

function tenTo(exponent: number, format: QuantityFormat): Scale {
  const power = 10n ** BigInt(Math.abs(exponent));
  return exponent < 0
    ? { numerator: 1n, denominator: power, format }
    : { numerator: power, denominator: 1n, format };
}

/** The canonical text: no fraction, and the largest suffix that allows that. */
export function formatQuantity({ nanos, format }: Quantity): string {
  if (nanos === 0n) return "0";
  const sign = nanos < 0n ? "-" : "";
  const size = nanos < 0n ? -nanos : nanos;
  if (format === "BinarySI" && size % nano === 0n && size >= 1024n * nano) {
    const [mantissa, power] = reduce(size / nano, 1024n, binarySuffixes.length - 1);
    return `${sign}${mantissa}${binarySuffixes[power]}`;
  }
  const [mantissa, power] = reduce(size, 1000n, decimalSuffixes.length - 1);
  if (format !== "DecimalExponent") return `${sign}${mantissa}${decimalSuffixes[power]}`;
  return power === 3 ? `${sign}${mantissa}` : `${sign}${mantissa}e${3 * power - 9}`;
}

function reduce(size: bigint, base: bigint, powerMax: number): [mantissa: bigint, power: number] {
  let mantissa = size;
  let power = 0;
  while (power < powerMax && mantissa % base === 0n) {
    mantissa /= base;
    power += 1;
  }
  return [mantissa, power];
}

export function addQuantities(a: Quantity, b: Quantity): Quantity {
  return { nanos: a.nanos + b.nanos, format: a.nanos === 0n ? b.format : a.format };
}

export function subtractQuantities(a: Quantity, b: Quantity): Quantity {
  return { nanos: a.nanos - b.nanos, format: a.nanos === 0n ? b.format : a.format };
}

export function compareQuantities(a: string | number, b: string | number): number {
  const difference = parseQuantity(a).nanos - parseQuantity(b).nanos;
  if (difference === 0n) return 0;
  return difference < 0n ? -1 : 1;
}

const plainMilli = /^\d{1,9}m?$/;
const plainBytes = /^(\d{1,6})(Ki|Mi|Gi)?$/;
const byteFactors: Readonly<Record<string, number>> = { Ki: 1024, Mi: 1_048_576, Gi: 1_073_741_824 };

/** In thousandths, rounded up: the unit of CPU arithmetic. */
export function milliValue(text: string | number | undefined): number {
  if (text === undefined) return 0;
  if (typeof text === "string" && plainMilli.test(text)) {
    return text.endsWith("m") ? Number(text.slice(0, -1)) : Number(text) * 1000;
  }
  return roundedUp(parseQuantity(text).nanos, 1_000_000n);
}

/** In whole units, rounded up: bytes of memory and storage, counts of anything else. */
export function byteValue(text: string | number | undefined): number {
  if (text === undefined) return 0;
  const plain = typeof text === "string" ? plainBytes.exec(text) : null;
  if (plain !== null) return Number(plain[1]) * (byteFactors[plain[2] ?? ""] ?? 1);
  return roundedUp(parseQuantity(text).nanos, nano);
}

function roundedUp(nanos: bigint, unit: bigint): number {
  return Number(nanos > 0n ? (nanos + unit - 1n) / unit : nanos / unit);
}

/** `500m` from 500: the text of an amount of thousandths. */
export function milliQuantity(milli: number): string {
  return formatQuantity({ nanos: BigInt(Math.ceil(milli)) * 1_000_000n, format: "DecimalSI" });
}

/** `256Mi` from 268435456: the text of an amount of bytes. */
export function byteQuantity(count: number): string {
  return formatQuantity({ nanos: BigInt(Math.ceil(count)) * nano, format: "BinarySI" });
}
