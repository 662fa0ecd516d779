/**
 * A step of a recipe that mounts the host's settings of apt gets the files that these name, too, where there are any: so
 * recipes need not know of certificates and mirrors. Pure.
 */

const aptMount = /--mount=type=secret,id=nagi-apt,\S+/g;
const more: readonly (readonly [id: string, target: string])[] = [
  ["nagi-apt-mirror", ",target=/etc/apt/apt.conf.d/01nagi-mirror"],
  ["nagi-apt-sources", ""],
  ["nagi-ca-bundle", ""],
];

/** `ids`: of the secrets that hold something. */
export function withAptMounts(containerfile: string, ids: ReadonlySet<string>): string {
  const mounts = more
    .filter(([id]) => ids.has(id))
    .map(([id, target]) => ` --mount=type=secret,id=${id}${target},mode=0444`);
  return containerfile.replaceAll(aptMount, (own) => `${own}${mounts.join("")}`);
}
