/** References of images in registries: `registry.example.com:5000/team/shop:v1`. Pure. */

export interface ImageReference {
  /** `host` or `host:port`. */
  readonly registry: string;
  /** `registry/path:tag`; the tag is latest when none is said. */
  readonly whole: string;
}

const host = /^(?:localhost|[a-z\d-]+(?:\.[a-z\d-]+)+|\[[\da-f:.]+\]|[a-z\d-]+(?=:\d))(?::\d{1,5})?$/i;
const path = /^[a-z\d]+(?:(?:\.|__?|-+)[a-z\d]+)*(?:\/[a-z\d]+(?:(?:\.|__?|-+)[a-z\d]+)*)*$/;
const tag = /^\w[\w.-]{0,127}$/;

/** Undefined for what names no tag of a repository of a registry. */
export function parseImageReference(text: string): ImageReference | undefined {
  const [registry = "", ...rest] = text.split("/");
  const [repository = "", given = "latest", ...more] = rest.join("/").split(":");
  if (more.length > 0 || !host.test(registry) || !path.test(repository) || !tag.test(given)) return undefined;
  return { registry, whole: `${registry}/${repository}:${given}` };
}
