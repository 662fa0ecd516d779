import { mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { FakeClock } from "../../../lib/clock.ts";
import {
  tokenReview,
  type TokenReview,
} from "../../../model/kinds/authentication/tokenreview/tokenreview.ts";
import {
  subjectAccessReview,
  type SubjectAccessReview,
} from "../../../model/kinds/authorization/subjectaccessreview/subjectaccessreview.ts";
import { secret } from "../../../model/kinds/core/secret/secret.ts";
import { serviceAccount } from "../../../model/kinds/core/serviceaccount/serviceaccount.ts";
import { startTestServer, type TestServer } from "../testing/test-server.ts";
import { openTokenFile, parseTokenFile } from "./token-file.ts";

describe("the token file", () => {
  let directory: string;
  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), "nagi-tokens-"));
  });
  afterAll(() => rm(directory, { recursive: true, force: true }));

  test("is made once, for the owner only, and grows with the users", async () => {
    const admin = { username: "admin", groups: ["system:masters"] };
    const first = await openTokenFile({ directory, users: [admin] });
    const path = join(directory, "tokens.csv");
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    const second = await openTokenFile({
      directory,
      users: [admin, { username: "git", groups: ["a", "b"] }],
    });
    expect(second.tokenOf("admin")).toBe(first.tokenOf("admin"));
    expect(await second.userOf(second.tokenOf("git"))).toEqual({
      username: "git",
      uid: "git",
      groups: ["a", "b"],
    });
    expect(await second.userOf("x")).toBeUndefined();
    expect(await readFile(path, "utf8")).toContain('"a,b"');
    expect(() => second.tokenOf("nobody")).toThrow("cannot find a token of user nobody");
  });

  test("is read as Kubernetes writes it, and says where it is wrong", async () => {
    expect(parseTokenFile('# note\nabc,alice,1,"dev,ops"\ndef,bob,2\n', "f")).toEqual([
      { token: "abc", username: "alice", uid: "1", groups: ["dev", "ops"] },
      { token: "def", username: "bob", uid: "2", groups: [] },
    ]);
    expect(() => parseTokenFile("abc,alice,1\nbroken\n", "tokens.csv")).toThrow(
      "cannot read tokens.csv, line 2",
    );
    await writeFile(join(directory, "tokens.csv"), "broken");
    await expect(openTokenFile({ directory, users: [] })).rejects.toThrow("line 1");
  });
});

describe("tokens of service accounts", () => {
  const clock = new FakeClock();
  let server: TestServer;
  beforeAll(async () => {
    server = await startTestServer({ clock, caPem: "the authority" });
  });
  afterAll(async () => {
    await server[Symbol.asyncDispose]();
  });

  const ref = (name: string) => ({ namespace: "default", name });
  const makeAccount = (name: string) =>
    server.client.create(serviceAccount, { apiVersion: "v1", kind: "ServiceAccount", metadata: ref(name) });
  const review = async (token: string) => {
    const body: TokenReview = {
      apiVersion: "authentication.k8s.io/v1",
      kind: "TokenReview",
      metadata: {},
      spec: { token },
    };
    // What was found out about a token is remembered for a moment.
    clock.advance(6_000);
    return (await server.client.create(tokenReview, body)).status;
  };

  test("a requested token works until it ends, or its account goes", async () => {
    await makeAccount("robot");
    const request = async (spec: object) =>
      (await server.client.post(serviceAccount, ref("robot"), "token", { spec } as never)) as {
        status: { token: string };
      };
    const { token } = (await request({ expirationSeconds: 600 })).status;
    expect(await review(token)).toMatchObject({
      authenticated: true,
      user: {
        username: "system:serviceaccount:default:robot",
        groups: ["system:serviceaccounts", "system:serviceaccounts:default", "system:authenticated"],
      },
    });
    expect(await review(`${token.slice(0, -4)}AAAA`)).toMatchObject({ authenticated: false });
    clock.advance(601_000);
    expect(await review(token)).toMatchObject({ authenticated: false });
    const { token: next } = (await request({})).status;
    expect(await review(next)).toMatchObject({ authenticated: true });
    await server.client.delete(serviceAccount, ref("robot"));
    await makeAccount("robot");
    expect(await review(next)).toMatchObject({ authenticated: false });
    await expect(request({ expirationSeconds: 1 })).rejects.toThrow("from 600 to");
    const foreign = (await request({ audiences: ["somebody"] })).status;
    expect(await review(foreign.token)).toMatchObject({ authenticated: false });
  });

  test("a Secret of the type is filled, and its token goes with it", async () => {
    await makeAccount("holder");
    const make = (account: string) =>
      server.client.create(secret, {
        apiVersion: "v1",
        kind: "Secret",
        metadata: { ...ref("held"), annotations: { "kubernetes.io/service-account.name": account } },
        type: "kubernetes.io/service-account-token",
      });
    await expect(make("nobody")).rejects.toThrow("must name a service account of the namespace");
    const { data = {} } = await make("holder");
    const text = (key: string) => Buffer.from(data[key] ?? "", "base64").toString();
    expect(text("namespace")).toBe("default");
    expect(text("ca.crt")).toBe("the authority");
    expect(await review(text("token"))).toMatchObject({ authenticated: true });
    await server.client.delete(secret, ref("held"));
    expect(await review(text("token"))).toMatchObject({ authenticated: false });
  });

  test("what an account may do is what reviews say", async () => {
    const allowed = async (spec: SubjectAccessReview["spec"]) => {
      const body: SubjectAccessReview = {
        apiVersion: "authorization.k8s.io/v1",
        kind: "SubjectAccessReview",
        metadata: {},
        spec,
      };
      return (await server.client.create(subjectAccessReview, body)).status?.allowed;
    };
    const robot = { user: "system:serviceaccount:default:robot", groups: ["system:authenticated"] };
    const pods = { verb: "list", resource: "pods", namespace: "default" };
    expect(await allowed({ ...robot, resourceAttributes: pods })).toBe(false);
    expect(await allowed({ ...robot, nonResourceAttributes: { path: "/apis/apps", verb: "get" } })).toBe(
      true,
    );
    expect(await allowed({ user: "x", groups: ["system:masters"], resourceAttributes: pods })).toBe(true);
    await expect(allowed({ resourceAttributes: pods })).rejects.toThrow("at least one of user or group");
    const account = server.server.clientFor({ username: robot.user, groups: [] });
    await expect(account.list(secret, { namespace: "default" })).rejects.toThrow("is forbidden");
  });
});
