import { describe, expect, it } from "vitest";
import type { GitCredential } from "../lib/git/git-access.ts";
import { newObject } from "../model/kind.ts";
import { secret, type Secret } from "../model/kinds/core/secret/secret.ts";
import { chooseCredential, deployKeyLabel, loadGitCredentials, matchAnnotation } from "./git-credentials.ts";
import { FakeClient } from "./testing/fake-client.ts";

function credential(name: string, more: Partial<GitCredential> = {}): GitCredential {
  return { name, trustFirst: true, repositories: [], ...more };
}
const key = (name: string, repositories: string[] = []): GitCredential =>
  credential(name, { privateKey: "k", repositories });
const password = (name: string, repositories: string[] = []): GitCredential =>
  credential(name, { password: "p", repositories });

describe("chooseCredential", () => {
  const mainUrl = "git@git.test:team/shop.git";
  it("prefers the key that is for this repository, then the named one, then the app's", () => {
    const lib = key("lib", ["ssh://git@git.test/team/lib"]);
    const candidates = { mainUrl, named: key("named"), own: [key("own"), lib], others: [] };
    expect(chooseCredential(candidates, "git@git.test:team/lib.git")?.name).toBe("lib");
    expect(chooseCredential(candidates, mainUrl)?.name).toBe("named");
    expect(chooseCredential({ ...candidates, named: undefined }, mainUrl)?.name).toBe("own");
  });

  it("gives what belongs to one host to no other, and no password to another port or without TLS", () => {
    const https = { mainUrl: "https://git.test/shop", named: password("token"), own: [], others: [] };
    expect(chooseCredential(https, "https://git.test/lib")?.name).toBe("token");
    for (const url of [
      "https://evil.test/lib",
      "https://git.test:8443/lib",
      "http://git.test/lib",
      "git@git.test:lib",
    ])
      expect(chooseCredential(https, url), url).toBeUndefined();
    expect(chooseCredential({ mainUrl, own: [key("own")], others: [] }, "git@evil.test:lib")).toBeUndefined();
  });

  it("without a main repository, as of a push, offers keys but no password", () => {
    const candidates = { named: password("token"), own: [key("own")], others: [] };
    expect(chooseCredential(candidates, "git@any.test:lib")?.name).toBe("own");
    expect(chooseCredential(candidates, "https://any.test/lib")).toBeUndefined();
  });

  it("takes Secrets whose annotation matches, as OpenShift does", () => {
    const others = [password("org", ["https://git.test/org/*"]), password("all", ["*://*.corp.test/*"])];
    const choose = (url: string) => chooseCredential({ own: [], others }, url)?.name;
    expect(choose("https://git.test/org/lib.git")).toBe("org");
    expect(choose("https://git.test/organised/lib.git")).toBeUndefined();
    expect(choose("https://git.corp.test/x")).toBe("all");
  });
});

it("reads Secrets of both types, and says what is wrong with the one that is named", async () => {
  const client = new FakeClient();
  const seed = (name: string, data: Record<string, string>, metadata: object = {}): void => {
    const coded = Object.entries(data).map(([entry, text]) => [entry, Buffer.from(text).toString("base64")]);
    client.seed(
      newObject<Secret>(
        secret,
        { namespace: "default", name, ...metadata },
        { data: Object.fromEntries(coded) },
      ),
    );
  };
  seed("basic", { username: "ann", password: "secret\n" });
  seed(
    "shop-key",
    { "ssh-privatekey": "KEY", known_hosts: "git.test ssh-ed25519 AAAA" },
    { labels: { [deployKeyLabel]: "shop" } },
  );
  seed("other-key", { "ssh-privatekey": "KEY" }, { labels: { [deployKeyLabel]: "other" } });
  seed("match", { password: "x" }, { annotations: { [`${matchAnnotation}1`]: "https://git.test/*" } });
  seed("empty", {});
  const load = (more: object) => loadGitCredentials(client, { namespace: "default", app: "shop", ...more });
  const named = await load({ secretName: "basic", mainUrl: "https://a.test/x" });
  expect(named.for("https://a.test/x")).toMatchObject({ username: "ann", password: "secret" });
  const own = await load({ mainUrl: "git@git.test:x" });
  expect(own.for("git@git.test:x")).toMatchObject({ name: "shop-key", trustFirst: false });
  expect(own.for("https://git.test/x")?.name).toBe("match");
  await expect(load({ secretName: "none" })).rejects.toThrow(
    "Secret none, which the source names, is not in namespace default",
  );
  await expect(load({ secretName: "empty" })).rejects.toThrow("has neither ssh-privatekey");
});
