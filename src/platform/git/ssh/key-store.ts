/**
 * The SSH keys of users: one Secret each in nagi-system, named by the key's fingerprint, so that a key belongs to one
 * user only. They are written by the platform alone, which has looked at whose token the request carries.
 */

import { createHash } from "node:crypto";
import { decodeText, encodeText } from "../../../lib/base64.ts";
import type { Client } from "../../../client/client.ts";
import type { UserInfo } from "../../../client/user.ts";
import { newObject } from "../../../model/kind.ts";
import { secret, type Secret } from "../../../model/kinds/core/secret/secret.ts";
import { isNotFound, isStatus } from "../../../model/status.ts";
import type { PublicKey } from "./public-key.ts";

const namespace = "nagi-system";
const keyType = "nagi.dev/ssh-key";
const label = "nagi.dev/ssh-key";
export const keySelector = { namespace, labelSelector: `${label}=true` } as const;
const keysOfUserMax = 100;

export interface StoredKey {
  /** Name of its Secret. */
  readonly id: string;
  readonly fingerprint: string;
  /** `ssh-ed25519 AAAA...`, without a comment. */
  readonly publicKey: string;
  /** What its user calls it. */
  readonly title: string;
  readonly user: UserInfo;
  readonly createdAt: string | undefined;
}

export class KeyStore {
  readonly #client: Client;

  constructor(client: Client) {
    this.#client = client;
  }

  async list(): Promise<StoredKey[]> {
    const { items } = await this.#client.list(secret, keySelector);
    return items.flatMap((item) => keyOfSecret(item) ?? []);
  }

  async listOf(user: UserInfo): Promise<StoredKey[]> {
    return (await this.list()).filter((key) => key.user.username === user.username);
  }

  /** By the name of its Secret; undefined when there is none. */
  async get(id: string): Promise<StoredKey | undefined> {
    try {
      return keyOfSecret(await this.#client.get(secret, { namespace, name: id }));
    } catch (error) {
      if (isNotFound(error)) return undefined;
      throw error;
    }
  }

  /** What is wrong, or undefined. */
  async add(user: UserInfo, key: PublicKey, title: string): Promise<string | undefined> {
    const own = await this.listOf(user);
    if (own.some(({ fingerprint }) => fingerprint === key.fingerprint)) return undefined;
    if (own.some((each) => each.title === title))
      return `you have a key named ${JSON.stringify(title)} already`;
    if (own.length >= keysOfUserMax) return `you have ${own.length} keys: remove one first`;
    const data = {
      fingerprint: encodeText(key.fingerprint),
      publicKey: encodeText(`${key.type} ${key.blob}`),
      title: encodeText(title),
      user: encodeText(JSON.stringify(user)),
    };
    const metadata = { namespace, name: idOf(key.fingerprint), labels: { [label]: "true" } };
    try {
      await this.#client.create(secret, newObject<Secret>(secret, metadata, { type: keyType, data }));
      return undefined;
    } catch (error) {
      if (isStatus(error, "AlreadyExists")) return "this key belongs to another user";
      throw error;
    }
  }

  async remove(key: StoredKey): Promise<void> {
    await this.#client.delete(secret, { namespace, name: key.id });
  }
}

function idOf(fingerprint: string): string {
  return `ssh-key-${createHash("sha256").update(fingerprint).digest("hex").slice(0, 32)}`;
}

/** Undefined for what is none, whoever has made it. */
function keyOfSecret({ metadata, type, data = {} }: Secret): StoredKey | undefined {
  const text = (name: string): string => decodeText(data[name]);
  const publicKey = text("publicKey");
  if (type !== keyType || !/^[\w@.-]+ [A-Za-z0-9+/=]+$/.test(publicKey)) return undefined;
  return {
    id: metadata.name ?? "",
    fingerprint: text("fingerprint"),
    publicKey,
    title: text("title"),
    user: JSON.parse(text("user")) as UserInfo,
    createdAt: metadata.creationTimestamp,
  };
}
