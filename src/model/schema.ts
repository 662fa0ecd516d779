/**
 * The schema language of the kinds. One schema is the source of the TypeScript type (`Infer`), defaulting,
 * validation with field paths, unknown-field detection, list merge keys and the OpenAPI documents.
 *
 * A schema is plain frozen data, so every reader of it is a function over data.
 */

export type JsonValue =
  | string
  | number
  | boolean
  | null
  | readonly JsonValue[]
  | { readonly [key: string]: JsonValue | undefined };

export type SchemaType =
  | "string"
  | "integer"
  | "number"
  | "boolean"
  | "object"
  | "array"
  | "map"
  /** Kubernetes resource quantity: a string such as 500m or 1Gi; a number is accepted and kept as a string. */
  | "quantity"
  | "intOrString"
  /** RFC 3339 text. */
  | "time"
  /** Base64 text. */
  | "bytes"
  /** Any JSON value, unchecked. */
  | "any";

/** A check of one value beyond its type; returns what is wrong ("must be ..."), or undefined. */
export type ValueCheck = (value: never) => string | undefined;

export interface SchemaOptions {
  readonly default?: JsonValue | undefined;
  /** Allowed values of a string. */
  readonly enum?: readonly string[] | undefined;
  readonly min?: number | undefined;
  readonly max?: number | undefined;
  /** Of a string (characters), an array or a map (entries). */
  readonly minLength?: number | undefined;
  readonly maxLength?: number | undefined;
  readonly check?: ValueCheck | undefined;
  /** Once set, an update may not change it. */
  readonly immutable?: boolean | undefined;
  /** Strategic merges of it name the fields to keep (`retainKeys`), for objects of which one field excludes others. */
  readonly retainKeys?: boolean | undefined;
  /** The server writes it; it is not reported as missing and is documented as read-only. */
  readonly readOnly?: boolean | undefined;
}

export interface SchemaNode extends SchemaOptions {
  readonly type: SchemaType;
  readonly description: string;
  readonly required?: boolean | undefined;
  /** Objects: a name makes it one shared OpenAPI definition, for instance `io.k8s.api.core.v1.Container`. */
  readonly name?: string | undefined;
  readonly fields?: Readonly<Record<string, SchemaNode>> | undefined;
  /** Elements of an array, values of a map. */
  readonly items?: SchemaNode | undefined;
  /** Arrays: strategic-merge key of the elements (`x-kubernetes-patch-merge-key`); "" merges a list of scalars as a set. */
  readonly mergeKey?: string | undefined;
  /** Objects: fields that are not named are kept as they are (for instance a template's parameters). */
  readonly preserveUnknown?: boolean | undefined;
}

declare const typeOf: unique symbol;
export interface Schema<T> extends SchemaNode {
  readonly [typeOf]?: T;
}
export interface RequiredSchema<T> extends Schema<T> {
  readonly required: true;
}

export type Infer<S> = S extends Schema<infer T> ? T : never;
type Fields = Readonly<Record<string, Schema<unknown>>>;
type RequiredKeys<F> = { [K in keyof F]: F[K] extends { readonly required: true } ? K : never }[keyof F];
type Flat<T> = { [K in keyof T]: T[K] };
export type ObjectOf<F> = Flat<
  { -readonly [K in RequiredKeys<F>]: Infer<F[K]> } & {
    -readonly [K in Exclude<keyof F, RequiredKeys<F>>]?: Infer<F[K]> | undefined;
  }
>;

export function string(description: string, options: SchemaOptions = {}): Schema<string> {
  return { type: "string", description, ...options };
}

/** A string with a closed set of values. */
export function oneOf<const V extends readonly string[]>(
  values: V,
  description: string,
  options: SchemaOptions = {},
): Schema<V[number]> {
  return { type: "string", description, enum: values, ...options };
}

export function integer(description: string, options: SchemaOptions = {}): Schema<number> {
  return { type: "integer", description, ...options };
}

export function number(description: string, options: SchemaOptions = {}): Schema<number> {
  return { type: "number", description, ...options };
}

export function boolean(description: string, options: SchemaOptions = {}): Schema<boolean> {
  return { type: "boolean", description, ...options };
}

export function quantity(description: string, options: SchemaOptions = {}): Schema<string> {
  return { type: "quantity", description, ...options };
}

export function time(description: string, options: SchemaOptions = {}): Schema<string> {
  return { type: "time", description, ...options };
}

export function bytes(description: string, options: SchemaOptions = {}): Schema<string> {
  return { type: "bytes", description, ...options };
}

export function intOrString(description: string, options: SchemaOptions = {}): Schema<number | string> {
  return { type: "intOrString", description, ...options };
}

export interface ArrayOptions extends SchemaOptions {
  readonly mergeKey?: string | undefined;
}

export function array<T>(items: Schema<T>, description: string, options: ArrayOptions = {}): Schema<T[]> {
  return { type: "array", description, items, ...options };
}

export function map<T>(
  values: Schema<T>,
  description: string,
  options: SchemaOptions = {},
): Schema<Record<string, T>> {
  return { type: "map", description, items: values, ...options };
}

export interface ObjectOptions extends SchemaOptions {
  readonly name?: string | undefined;
  readonly preserveUnknown?: boolean | undefined;
}

export function object<F extends Fields>(
  description: string,
  fields: F,
  options: ObjectOptions = {},
): Schema<ObjectOf<F>> {
  return { type: "object", description, fields, ...options };
}

/** The same schema, as a field that must be there. */
export function required<T>(schema: Schema<T>): RequiredSchema<T> {
  return { ...schema, required: true };
}
