/** Names of tags and images of streams: `stream:tag` and `stream@sha256:...`. Pure. */

import { checkDnsSubdomain } from "../../names.ts";

export interface TagName {
  readonly stream: string;
  readonly tag: string;
}

export interface ImageName {
  readonly stream: string;
  readonly digest: string;
}

const tagPattern = /^[\w][\w.-]{0,127}$/;
const digestPattern = /^sha256:[0-9a-f]{64}$/;

/** Undefined for what names no tag. Without a tag, latest is meant. */
export function parseTagName(name: string): TagName | undefined {
  const [stream = "", tag = "latest", ...rest] = name.split(":");
  const ok = rest.length === 0 && checkDnsSubdomain(stream) === undefined && tagPattern.test(tag);
  return ok ? { stream, tag } : undefined;
}

/** Undefined for what names no image of a stream. */
export function parseImageName(name: string): ImageName | undefined {
  const [stream = "", digest = "", ...rest] = name.split("@");
  const ok = rest.length === 0 && checkDnsSubdomain(stream) === undefined && digestPattern.test(digest);
  return ok ? { stream, digest } : undefined;
}

/** What is wrong with the name of a tag, as a rule of a field. */
export function checkTagName(name: string): string | undefined {
  if (parseTagName(name) !== undefined) return undefined;
  return "must be STREAM:TAG, for instance shop:prod; a tag has letters, digits, '_', '.' and '-'";
}
