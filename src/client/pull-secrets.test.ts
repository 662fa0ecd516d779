import { expect, it } from "vitest";
import { newObject } from "../model/kind.ts";
import { secret, type Secret } from "../model/kinds/core/secret/secret.ts";
import { serviceAccount, type ServiceAccount } from "../model/kinds/core/serviceaccount/serviceaccount.ts";
import { pullEntries } from "./pull-secrets.ts";
import { FakeClient } from "./testing/fake-client.ts";

const place = (name: string): { name: string; namespace: string } => ({ name, namespace: "shop" });

function withSecret(client: FakeClient, name: string, key: string, text: string): void {
  const data = { [key]: Buffer.from(text).toString("base64") };
  client.seed(newObject<Secret>(secret, place(name), { data }));
}

it("are those of the default account, old and new, the first of a registry; what cannot be read is passed over", async () => {
  const client = new FakeClient();
  withSecret(client, "new", ".dockerconfigjson", '{"auths":{"a.test":{"auth":"b25lOjE="}}}');
  withSecret(
    client,
    "old",
    ".dockercfg",
    '{"a.test":{"auth":"eA=="},"b.test:5000":{"username":"u","password":"p"}}',
  );
  withSecret(client, "broken", ".dockerconfigjson", "{");
  const names = ["new", "missing", "broken", "old"];
  const imagePullSecrets = names.map((name) => ({ name }));
  client.seed(newObject<ServiceAccount>(serviceAccount, place("default"), { imagePullSecrets }));
  expect(await pullEntries(client, "shop")).toEqual({
    "a.test": { auth: "b25lOjE=" },
    "b.test:5000": { username: "u", password: "p" },
  });
  expect(await pullEntries(client, "other")).toEqual({});
});
