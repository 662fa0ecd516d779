/** Addresses of git repositories as git takes them: http(s)://, ssh:// and git@host:path. */

export interface GitUrl {
  readonly scheme: "http" | "https" | "ssh";
  readonly user?: string | undefined;
  /** With its port where one is given, in lower case. */
  readonly host: string;
  /** Without slashes around it and without .git: `team/shop`. */
  readonly path: string;
}

const maxLength = 2048;
/** No path with // in front, and nothing that ssh could take for an option. */
const scpForm = /^(?:([\w.-]+)@)?([A-Za-z0-9][\w.-]*|\[[0-9a-fA-F:.]+\]):(?!\/\/)([^-].*)$/;

/** Undefined for what is none of them. */
export function parseGitUrl(text: string): GitUrl | undefined {
  if (text.length > maxLength || /[\s\p{Cc}]/u.test(text)) return undefined;
  const scheme = /^(https?|ssh):\/\//.exec(text)?.[1] as GitUrl["scheme"] | undefined;
  if (scheme === undefined) {
    const [, user, host = "", path = ""] = text.includes("://") ? [] : (scpForm.exec(text) ?? []);
    return host === "" ? undefined : { scheme: "ssh", user, host: host.toLowerCase(), path: plainPath(path) };
  }
  if (!URL.canParse(text)) return undefined;
  const { username, host, pathname } = new URL(text);
  if (host === "" || host.startsWith("-")) return undefined;
  return { scheme, user: username === "" ? undefined : username, host, path: plainPath(pathname) };
}

function plainPath(path: string): string {
  return path.replaceAll(/^\/+|\/+$/g, "").replace(/\.git$/, "");
}

/** What is wrong with the address of a repository that the platform shall fetch, or undefined. */
export function checkGitUrl(text: string): string | undefined {
  if (URL.canParse(text) && new URL(text).password !== "")
    return "must hold no password, since it is shown to everybody: give it in a Secret of type kubernetes.io/basic-auth";
  if (parseGitUrl(text) !== undefined) return undefined;
  return "must begin with http://, https:// or ssh://, or be of the form git@host:path";
}

/** The address without a password, for logs and messages. */
export function shownGitUrl(text: string): string {
  return text.replace(/^([a-z]+:\/\/[^/@:]*):[^/]*@/i, "$1:***@");
}

/** One text for the forms of the same repository: `ssh://git@host/team/shop`. */
export function canonicalGitUrl(text: string): string {
  const url = parseGitUrl(text);
  if (url === undefined) return text;
  const user = url.user === undefined ? "" : `${url.user}@`;
  return `${url.scheme}://${url.scheme === "ssh" ? user : ""}${url.host}/${url.path}`;
}

/** What `../lib.git` in the .gitmodules of a repository means; other addresses stay as they are. */
export function resolveGitUrl(url: string, parent: string): string {
  if (!/^\.\.?\//.test(url)) return url;
  const [, base = "", path = ""] = /^([a-z]+:\/\/[^/]+\/|[^/:]+:)(.*)$/.exec(parent) ?? [];
  const parts = path.replace(/\/+$/, "").split("/");
  let rest = url;
  for (;;) {
    if (rest.startsWith("./")) rest = rest.slice(2);
    else if (rest.startsWith("../")) {
      parts.pop();
      rest = rest.slice(3);
    } else break;
  }
  return `${base}${[...parts, rest].filter((part) => part !== "").join("/")}`;
}
