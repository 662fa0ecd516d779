import { afterAll, beforeAll, expect, it } from "vitest";
import { newObject } from "../../../model/kind.ts";
import { build, type Build } from "../../../model/kinds/build/build/build.ts";
import { buildConfig, type BuildConfig } from "../../../model/kinds/build/buildconfig/buildconfig.ts";
import { secret, type Secret } from "../../../model/kinds/core/secret/secret.ts";
import { HttpCaller, type Answer } from "../testing/http-call.ts";
import { startTestServer, type TestServer } from "../testing/test-server.ts";

let server: TestServer;
/** Without a token that the server knows, as forges are. */
let http: HttpCaller;
const commit = "2".repeat(40);

beforeAll(async () => {
  server = await startTestServer();
  http = new HttpCaller((await server.listen()).port, "none", server.caPem);
  const stringData = { WebHookSecretKey: "from-a-secret" };
  await server.client.create(
    secret,
    newObject<Secret>(secret, { namespace: "default", name: "hook" }, { stringData }),
  );
  const spec: BuildConfig["spec"] = {
    source: { type: "Git", git: { uri: "https://git.test/shop", ref: "main" } },
    strategy: { type: "Docker", dockerStrategy: {} },
    triggers: [
      { type: "GitHub", github: { secret: "github-word" } },
      { type: "GitLab", gitlab: { secretReference: { name: "hook" } } },
      { type: "Bitbucket", bitbucket: { secretReference: { name: "missing" } } },
      { type: "Generic", generic: { secret: "generic-word" } },
      { type: "Generic", generic: { secret: "env-word", allowEnv: true } },
    ],
  };
  await server.client.create(
    buildConfig,
    newObject<BuildConfig>(buildConfig, { namespace: "default", name: "shop" }, { spec }),
  );
});
afterAll(async () => {
  http.close();
  await server[Symbol.asyncDispose]();
});

function tell(
  word: string,
  type: string,
  body: object | undefined,
  headers: Record<string, string> = {},
): Promise<Answer> {
  return tellConfig("shop", `${word}/${type}`, { body, headers });
}
interface Told {
  readonly body: object | undefined;
  readonly headers: Record<string, string>;
}
function tellConfig(name: string, rest: string, { body, headers }: Told): Promise<Answer> {
  const path = `/apis/build.openshift.io/v1/namespaces/default/buildconfigs/${name}/webhooks/${rest}`;
  return http.call("POST", path, { body: body === undefined ? "" : JSON.stringify(body), headers });
}
const githubPush = {
  ref: "refs/heads/main",
  before: "1".repeat(40),
  after: commit,
  head_commit: { message: "Mend\n\nmore" },
};
const github = { "X-GitHub-Event": "push" };

it("starts a build of the commit, and says why", async () => {
  const { status, json } = await tell("github-word", "github", githubPush, github);
  expect(status).toBe(200);
  expect(json).toMatchObject({ kind: "Build", metadata: { name: "shop-1" } });
  const { spec } = await server.client.get<Build>(build, { namespace: "default", name: "shop-1" });
  expect(spec.revision?.git).toMatchObject({ commit, message: "Mend" });
  expect(spec.triggeredBy?.[0]).toMatchObject({
    message: "GitHub WebHook",
    githubWebHook: { secret: "gi***" },
  });
});

it("takes the word of a Secret", async () => {
  const body = {
    object_kind: "push",
    ref: "refs/heads/main",
    after: commit,
    checkout_sha: commit,
    commits: [],
  };
  const { json } = await tell("from-a-secret", "gitlab", body, { "X-Gitlab-Event": "Push Hook" });
  expect(json).toMatchObject({ kind: "Build", metadata: { name: "shop-2" } });
});

it("needs nothing in the body of a generic one, and takes variables only where they are allowed", async () => {
  expect((await tell("generic-word", "generic", undefined)).json).toMatchObject({
    metadata: { name: "shop-3" },
  });
  const env = [{ name: "LEVEL", value: "2" }];
  const refused = await tell("generic-word", "generic", { env });
  expect(refused.headers["warning"]).toContain("does not allow environment variables");
  expect(JSON.stringify(refused.json)).not.toContain("LEVEL");
  expect(JSON.stringify((await tell("env-word", "generic", { env })).json)).toContain("LEVEL");
});

it("answers what is not built with the reason", async () => {
  const ping = await tell("github-word", "github", {}, { "X-GitHub-Event": "ping" });
  expect(ping).toMatchObject({ status: 200, json: { kind: "Status", status: "Success", reason: "Ping" } });
  const other = await tell("github-word", "github", { ...githubPush, ref: "refs/heads/dev" }, github);
  expect(other).toMatchObject({ status: 200, json: { reason: "OtherBranch" } });
});

it("tells nothing to who does not know the word", async () => {
  const answers = await Promise.all([
    tell("wrong", "github", githubPush, github),
    tell("github-word", "gitlab", {}),
    tell("github-word", "gitea", {}),
    tell("", "bitbucket", {}),
    tell("%00", "bitbucket", {}),
    tellConfig("nothing", "github-word/github", { body: githubPush, headers: github }),
  ]);
  expect(answers.map(({ status }) => status)).toEqual([401, 401, 401, 401, 401, 401]);
  expect(answers[5]?.json["message"]).toBe('the webhook "github" for "nothing" did not accept your secret');
  expect(server.errors).toEqual([]);
});

it("says what it cannot understand to who knows the word", async () => {
  expect((await tell("github-word", "github", githubPush)).json["message"]).toContain(
    "header x-github-event is missing",
  );
  const generic = await tell("generic-word", "generic", { git: { commit: "abc" } });
  expect(generic).toMatchObject({ status: 400 });
  expect(generic.json["message"]).toContain("must be a whole commit hash");
});
