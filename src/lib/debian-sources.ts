/** apt's lines for a Debian release on one mirror. Pure. */

export function debianSources(mirror: string, suite: string): string[] {
  return [
    `deb ${mirror} ${suite} main`,
    `deb ${mirror} ${suite}-updates main`,
    `deb ${securityMirror(mirror)} ${suite}-security main`,
  ];
}

/** Mirrors keep the security archive beside the main one. */
function securityMirror(mirror: string): string {
  if (/\/\/(deb|ftp\.[a-z]+)\.debian\.org\//.test(mirror))
    return "http://security.debian.org/debian-security";
  return mirror.replace(/\/debian\/?$/, "/debian-security");
}
