/** The way to the outside as it is set now: the same for builds, base images, imports and what is fetched with git. */

export interface Outside {
  /** Environment of programs of this machine that fetch: PATH, HOME, proxies, certificates, npm's configuration. */
  readonly env: Readonly<Record<string, string>>;
  /** Predefined arguments of an image's build; they reach its steps and no layer. */
  readonly proxies: Readonly<Record<string, string>>;
  /** What the steps of an image's build may mount, as text by id; `suite` is the Debian release that they run on. */
  readonly secrets: (suite: string) => Promise<Readonly<Record<string, string>>>;
  /** Settings of apt on this machine, in its own syntax. */
  readonly apt: string;
  /** Debian mirror that the settings name. */
  readonly debianMirror?: string | undefined;
}
