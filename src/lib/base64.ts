/** Texts in base64, as Secrets have them. */

/** What is missing is an empty text. */
export function decodeText(text: string | undefined): string {
  return Buffer.from(text ?? "", "base64").toString("utf8");
}

export function encodeText(text: string): string {
  return Buffer.from(text).toString("base64");
}

/** Entries of a Secret's data as texts. */
export function decodeEntries(data: Readonly<Record<string, string>> = {}): Record<string, string> {
  return Object.fromEntries(Object.entries(data).map(([key, text]) => [key, decodeText(text)]));
}

export function encodeEntries(texts: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(texts).map(([key, text]) => [key, encodeText(text)]));
}
