import { describe, expect, test } from "vitest";
import { issueCa, issueServing } from "../../../lib/certificates/certificates.ts";
import { newObject } from "../../../model/kind.ts";
import { secret, type Secret } from "../../../model/kinds/core/secret/secret.ts";
import { aRoute } from "../testing/route-objects.ts";
import { acmeLabel, acmeOrderOf, failed, labelFor, stateOf, type AcmeOrder } from "./acme-orders.ts";

const dayMs = 24 * 60 * 60_000;

function order(annotations = {}, names = ["x.test"]): AcmeOrder {
  const owner = aRoute("a", {}, { annotations: { "kubernetes.io/tls-acme": "true", ...annotations } });
  const made = acmeOrderOf(owner, "a-acme", names);
  if (made === undefined) throw new Error("no order");
  return made;
}

async function held(of: AcmeOrder, names: string[], bornMs: number, labels = true): Promise<Secret> {
  const { cert } = await issueServing(await issueCa(bornMs), names, bornMs);
  return newObject<Secret>(
    secret,
    { name: "a-acme", namespace: "default", labels: labels ? { [acmeLabel]: labelFor(of) } : {} },
    { type: "kubernetes.io/tls", data: { "tls.crt": Buffer.from(cert).toString("base64"), "tls.key": "" } },
  );
}

test("only what carries the annotation is ordered", () => {
  expect(acmeOrderOf(aRoute("a"), "s", ["x.test"])).toBeUndefined();
  expect(order()).toMatchObject({
    server: "https://acme-v02.api.letsencrypt.org/directory",
    names: ["x.test"],
  });
});

describe("a certificate is due", () => {
  const nowMs = Date.parse("2026-06-01T00:00:00Z");
  const stateAt = async (bornMs: number, of = order(), names = ["x.test"]): Promise<string> =>
    stateOf(of, await held(of, names, bornMs), undefined, nowMs).state;

  test("when there is none, or it is for other names, or of another authority", async () => {
    expect(stateOf(order(), undefined, undefined, nowMs)).toEqual({ state: "due", hasCertificate: false });
    expect(await stateAt(nowMs, order({}, ["x.test", "y.test"]))).toBe("due");
    const elsewhere = order({ "nagi.dev/acme-server": "https://other.test/dir" });
    expect(stateOf(elsewhere, await held(order(), ["x.test"], nowMs), undefined, nowMs).state).toBe("due");
  });

  test("30 days before its end, not before", async () => {
    const of = order();
    const made = await held(of, ["x.test"], nowMs);
    const kept = stateOf(of, made, undefined, nowMs);
    if (kept.state !== "kept") throw new Error(kept.state);
    expect(stateOf(of, made, undefined, kept.lookAgainMs - 1).state).toBe("kept");
    expect(stateOf(of, made, undefined, kept.lookAgainMs)).toEqual({ state: "due", hasCertificate: true });
    expect(stateOf(of, made, undefined, kept.lookAgainMs + 31 * dayMs)).toEqual({
      state: "due",
      hasCertificate: false,
    });
  });

  test("never when somebody else made the Secret", async () => {
    const of = order();
    expect(stateOf(of, await held(of, ["y.test"], nowMs, false), undefined, nowMs)).toMatchObject({
      state: "kept",
      message: "secret a-acme was not made here and is left as it is",
    });
  });
});

test("after a failure the next attempt waits, twice as long each time, unless it is asked for anew", () => {
  const of = order();
  const first = failed(of, undefined, "no", 0);
  const second = failed(of, first, "no again", first.nextMs);
  expect(second.nextMs - first.nextMs).toBe(2 * first.nextMs);
  expect(stateOf(of, undefined, second, second.nextMs - 1)).toMatchObject({
    state: "waiting",
    message: "attempt 2 failed, the next is at 1970-01-01T00:15:00.000Z: no again",
  });
  expect(stateOf(of, undefined, second, second.nextMs).state).toBe("due");
  const anew = order({ "nagi.dev/acme-requested": "now" });
  expect(stateOf(anew, undefined, second, 1).state).toBe("due");
  expect(failed(anew, second, "no", 0).failures).toBe(1);
});
