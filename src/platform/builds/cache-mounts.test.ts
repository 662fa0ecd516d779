import { describe, expect, it } from "vitest";
import { withPrivateCaches } from "./cache-mounts.ts";

const own = "default.shop";

function changed(text: string, cacheId = own): string {
  const result = withPrivateCaches(text, cacheId);
  if (!result.ok) throw new Error(result.message);
  return result.text ?? text;
}

/** The ids of the caches of the text. */
const idsOf = (text: string): string[] =>
  [...text.matchAll(/type=cache,id=(\S+)/g)].map((match) => match[1] ?? "");

describe("caches of a Dockerfile", () => {
  it("have ids of the app, by the id or target that the author gave", () => {
    const text = changed(
      "FROM a\nRUN --mount=type=cache,target=/c make\nRUN --mount=type=cache,id=/c,target=/d x\n",
    );
    const [first, second] = idsOf(text);
    expect(first).toMatch(/^default\.shop-[0-9a-f]{16}$/);
    expect(second).toBe(first);
    expect(text).toBe(
      `FROM a\nRUN --mount=target=/c,type=cache,id=${first} make\nRUN --mount=target=/d,type=cache,id=${first} x\n`,
    );
    expect(idsOf(changed("RUN --mount=type=cache,target=/c x", "default.other"))[0]).not.toBe(first);
    expect(idsOf(changed("RUN --mount=type=cache,target=/e x"))[0]).not.toBe(first);
  });

  it("keep their other options, beside further mounts", () => {
    const line =
      "RUN --network=none --mount=type=cache,id=npm,sharing=locked,uid=1000,target=/c --mount=type=secret,id=token --mount=target=/src,ro npm ci";
    expect(changed(line)).toMatch(
      /^RUN --network=none --mount=sharing=locked,uid=1000,target=\/c,type=cache,id=default\.shop-\w{16} --mount=id=token,type=secret --mount=target=\/src,ro,type=bind npm ci$/,
    );
  });

  it("are found over several lines, with comments and empty lines between", () => {
    const text =
      "FROM a\nrun \\\n  # packages\n\n  --mount=type=cache,target=/a \\\n --mount=type=cache\\\n,target=/b \\\n  apt-get \\\n  install x\nUSER b";
    const result = changed(text);
    expect(idsOf(result)).toHaveLength(2);
    expect(result).toMatch(/^FROM a\nrun --mount=\S+ --mount=\S+ apt-get +install x\nUSER b$/);
    expect(idsOf(changed("# escape=`\nRUN `\n--mount=type=cache,target=/a x"))).toHaveLength(1);
    expect(idsOf(changed("\uFEFFRUN --mount=type=cache,target=/a x\r\n"))).toHaveLength(1);
    expect(idsOf(changed("ONBUILD RUN --mount=type=cache,id=x,target=/a y"))).toHaveLength(1);
  });

  it("are found in quotes, and with spaces", () => {
    expect(changed(`RUN --mount="type=cache,target=/a b" x`)).toMatch(
      /^RUN --mount=target=\/a\\ b,type=cache,id=\S+ x$/,
    );
    expect(idsOf(changed(String.raw`RUN --mount=type=ca'che',i"d"=..\/..,target=/a x`))).toHaveLength(1);
  });

  it("leave alone what mounts nothing", () => {
    const text = [
      "FROM a",
      "# RUN --mount=type=cache,target=/c x",
      "RUN echo --mount=type=cache,target=/c \\",
      "  && \\",
      "  # why",
      "  echo '--mount'",
      "COPY --from=b --chown=1 x y",
      'RUN ["a", "--mount=type=cache"]',
      "",
    ].join("\n");
    expect(changed(text)).toBe(text);
  });

  it("are those of the text that was read, though its bytes were none", () => {
    expect(withPrivateCaches("RUN \uFFFD--mount=type=cache,id=x", own)).toMatchObject({
      ok: true,
      text: expect.any(String) as string,
    });
    expect(withPrivateCaches("RUN x", own)).toEqual({ ok: true, text: undefined });
  });

  it("cannot be named otherwise by what a variable holds", () => {
    const end = ",type=cache,id=default\\.shop-\\w{16} x$";
    const match = (text: string): RegExp => new RegExp(`${text}${end}`);
    expect(changed("RUN --mount=type=cache,$MORE,target=/c x")).toMatch(match("mount=\\$MORE,target=/c"));
    expect(changed("RUN --mount=type=cache,target=/c,id=x-$ARCH x")).toMatch(match("mount=target=/c"));
    expect(changed("RUN --mount=type=bind,$MORE x")).toBe("RUN --mount=$MORE,type=bind x");
    // Podman 4 takes the type of the mount before for one that has none.
    expect(changed("RUN --mount=type=cache,target=/a --mount=id=../..,target=/b x")).toMatch(
      / --mount=id=\.\.\/\.\.,target=\/b,type=bind x$/,
    );
  });

  it.each([
    ["RUN --mount=$MOUNT x", "line 1: RUN must not leave the type of --mount=$MOUNT to a variable"],
    ["FROM a\nRUN --mount=type=$T,target=/c x", "line 2: RUN must not leave the type"],
    ["RUN --$M=type=cache,target=/c x", "have the option --$M=type=cache"],
    [String.raw`RUN --mo\'\'unt=type=cache,target=/c x`, "write its name as it is"],
    [String.raw`RUN --mount=type=ca\"che,id=a x`, 'quotes or backslashes within --mount=type=ca"che'],
    ["RUN --mount=type=cache,target=/é x", "not ASCII"],
    ["# a\n# escape=`\nRUN x", "line 2: # escape= must be the first line"],
    ["RUN\u0020\u00a0--mount=type=cache,target=/c x", undefined],
    // No space to the engine, so that the next line begins anew.
    ["RUN a \\\n\uFEFF#\nRUN --mount=type=cache,target=/c x", undefined],
    ["RUN <<END\nRUN --mount=type=cache,target=/c x\nEND", undefined],
  ])("are refused, or read as the engine does: %s", (text, message) => {
    const result = withPrivateCaches(text, own);
    if (message === undefined) expect(result.ok && idsOf(result.text ?? "")).toHaveLength(1);
    else expect(result).toMatchObject({ ok: false, message: expect.stringContaining(message) as string });
  });
});
