/** Elements of an SVG as text. */

export function escaped(text: string): string {
  return text
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;");
}

export interface Box {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

type Attributes = Readonly<Record<string, string | number | undefined>>;

export function element(name: string, attributes: Attributes, content = ""): string {
  const words = Object.entries(attributes).flatMap(([key, value]) =>
    value === undefined ? [] : [`${key}="${typeof value === "number" ? rounded(value) : escaped(value)}"`],
  );
  const open = [name, ...words].join(" ");
  return content === "" ? `<${open}/>` : `<${open}>${content}</${name}>`;
}

export function rectangle({ x, y, width, height }: Box, attributes: Attributes, content = ""): string {
  return element("rect", { x, y, width, height, ...attributes }, content);
}

export interface Words {
  readonly x: number;
  readonly y: number;
  readonly text: string;
}

export function label({ x, y, text }: Words, attributes: Attributes = {}): string {
  return element("text", { x, y, ...attributes }, escaped(text));
}

/** As much of the text as has room; letters are about 0.56 as wide as the type is high. */
export function fitted(text: string, width: number, size: number): string {
  const room = Math.floor(width / (size * 0.56));
  if (text.length <= room) return text;
  return room < 3 ? "" : `${text.slice(0, room - 1)}…`;
}

function rounded(value: number): string {
  return String(Math.round(value * 100) / 100);
}
