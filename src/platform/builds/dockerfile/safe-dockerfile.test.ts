import { describe, expect, it } from "vitest";
import { imagesOf, safeDockerfile, type SafeInput } from "./safe-dockerfile.ts";

const own = "default.shop";
const env = new Map<string, Readonly<Record<string, string>>>();

function changed(text: string, cacheId = own): string {
  return safeDockerfile({ text, cacheId, args: {}, env, ids: new Map([["a", "ID"]]) }).text;
}

const safe = (text: string, more: Partial<SafeInput> = {}): string =>
  safeDockerfile({
    text,
    cacheId: own,
    args: {},
    env,
    ids: new Map([
      ["node:20", "N20"],
      ["node:22", "N22"],
      ["a", "ID"],
    ]),
    ...more,
  }).text;

/** The ids of the caches of the text. */
const idsOf = (text: string): string[] =>
  [...text.matchAll(/type=cache,id=(\S+)/g)].map((match) => match[1] ?? "");

describe("caches of a Dockerfile", () => {
  it("have ids of the app, by the id or target that the author gave", () => {
    const text = changed(
      "FROM a\nRUN --mount=type=cache,target=/c make\nRUN --mount=type=cache,id=/c,target=/d x\n",
    );
    const [first, second] = idsOf(text);
    expect(first).toMatch(/^default\.shop\.[0-9a-f]{16}$/);
    expect(second).toBe(first);
    expect(text).toBe(
      `FROM ID AS nagi-stage-0\nRUN --mount=target=/c,type=cache,id=${first} make\nRUN --mount=target=/d,type=cache,id=${first} x\n`,
    );
    expect(idsOf(changed("RUN --mount=type=cache,target=/c x", "default.other"))[0]).not.toBe(first);
    expect(idsOf(changed("RUN --mount=type=cache,target=/e x"))[0]).not.toBe(first);
  });

  it("keep their other options, beside further mounts", () => {
    const line =
      "RUN --network=none --mount=type=cache,id=npm,sharing=locked,uid=1000,target=/c --mount=type=secret,id=token --mount=target=/src,ro npm ci";
    expect(changed(line)).toMatch(
      /^RUN --network=none --mount=sharing=locked,uid=1000,target=\/c,type=cache,id=default\.shop\.\w{16} --mount=id=token,type=secret --mount=target=\/src,ro,type=bind npm ci$/,
    );
  });

  it("are found over several lines, with comments and empty lines between", () => {
    const text =
      "FROM a\nrun \\\n  # packages\n\n  --mount=type=cache,target=/a \\\n --mount=type=cache\\\n,target=/b \\\n  apt-get \\\n  install x\nUSER b";
    const result = changed(text);
    expect(idsOf(result)).toHaveLength(2);
    expect(result).toMatch(
      /^FROM ID AS nagi-stage-0\nrun --mount=\S+ --mount=\S+ apt-get +install x\nUSER b$/,
    );
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
      "FROM ID AS nagi-stage-0",
      "# RUN --mount=type=cache,target=/c x",
      "RUN echo --mount=type=cache,target=/c \\",
      "  && \\",
      "  # why",
      "  echo '--mount'",
      "COPY --from=b --chown=1 x y",
      'RUN ["a", "--mount=type=cache"]',
      "",
    ].join("\n");
    expect(changed(text.replace("ID AS nagi-stage-0", "a"))).toBe(text);
  });

  it("cannot be named otherwise by what a variable holds", () => {
    const end = ",type=cache,id=default\\.shop\\.\\w{16} x$";
    const match = (text: string): RegExp => new RegExp(`${text}${end}`);
    expect(changed("RUN --mount=type=cache,target=/c,id=x-$ARCH x")).toMatch(match("mount=target=/c"));
    expect(changed("RUN --mount=type=secret,$MORE x")).toBe("RUN --mount=$MORE,type=secret x");
    // Podman 4 takes the type of the mount before for one that has none.
    expect(changed("RUN --mount=type=cache,target=/a --mount=target=/b x")).toMatch(
      / --mount=target=\/b,type=bind x$/,
    );
  });

  it.each([
    ["RUN --mount=$MOUNT x", "line 1: RUN must not leave the type of --mount=$MOUNT to a variable"],
    ["FROM a\nRUN --mount=type=$T,target=/c x", "line 2: RUN must not leave the type"],
    ["RUN --$M=type=cache,target=/c x", "line 1: --$M=type=cache,target=/c is no option"],
    ["RUN --mount=type=cache,target=$T x", "leave target of --mount=type=cache,target=$T to a variable"],
    ["RUN --mount=type=bind,target=/c,source=$S x", "leave source of"],
    [
      "RUN --mount=type=cache,target=/a --mount=id=../..,target=/b x",
      "have id in --mount=id=../..,target=/b",
    ],
    ["RUN --mount=bind-propagation=O,target=/b x", "have bind-propagation in"],
    ["RUN --mount=source=a*,target=/b x", "line 1: RUN must not mount /a*"],
    ["ONBUILD RUN --mount=source=a,target=/b x", "mount /a in an ONBUILD trigger"],
    ["FROM a\nCOPY --from=$X a b", "line 2: --from=$X must be the name"],
    ["FROM ${X:-} AS b", "line 1: FROM ${X:-} names no image"],
    ["FROM a b", 'line 1: "a b" is not FROM IMAGE or FROM IMAGE AS NAME'],
    ["# escape=`\nFROM a\nONBUILD RUN x \\", "line 3: an ONBUILD trigger must not end"],
    [String.raw`RUN --mo\'\'unt=type=cache,target=/c x`, "write its name as it is"],
    [String.raw`RUN --mount=type=ca\"che,id=a x`, 'quotes or backslashes within --mount=type=ca"che'],
    ["RUN --mount=type=cache,target=/é x", "must be ASCII"],
    ["# a\n# escape=`\nRUN x", "line 2: # escape= must be the first line"],
    ["RUN\u0020\u00a0--mount=type=cache,target=/c x", undefined],
    // No space to the engine, so that the next line begins anew.
    ["RUN a \\\n\uFEFF#\nRUN --mount=type=cache,target=/c x", undefined],
    ["RUN <<END\nRUN --mount=type=cache,target=/c x\nEND", undefined],
  ])("are refused, or read as the engine does: %s", (text, message) => {
    if (message === undefined) expect(idsOf(changed(text))).toHaveLength(1);
    else expect(() => changed(text)).toThrow(message);
  });
});

describe("what a step mounts", () => {
  it("is a copy in a stage of its own, where links lead nowhere", () => {
    const text = "FROM a AS Built\nRUN make\nFROM a\nRUN --mount=from=built,src=/out/,target=/x,rw ls /x\n";
    expect(safe(text)).toBe(
      [
        "FROM ID AS Built",
        "RUN make",
        "FROM scratch AS nagi-mount-1",
        'COPY --from=Built ["/out","/content"]',
        "FROM ID AS nagi-stage-1",
        "RUN --mount=target=/x,rw,from=nagi-mount-1,source=/content,type=bind ls /x",
        "",
      ].join("\n"),
    );
    expect(safe("FROM a\nRUN --mount=source=../../etc,target=/x ls")).toContain(
      'FROM scratch AS nagi-mount-1\nCOPY ["etc","/content"]\n',
    );
  });

  it("is the whole of a stage or of the source as it is, though never from the cache of other source", () => {
    expect(safe("RUN --mount=target=/x,source=. --mount=from=b,target=/y ls", { sourceId: "S" })).toBe(
      "RUN --mount=target=/nagi-source-S,target=/x,type=bind --mount=target=/nagi-source-S,target=/y,from=b,type=bind ls",
    );
  });
});

describe("what a Dockerfile stands on", () => {
  const text =
    "ARG V=20 W=$V\nFROM --platform=$BUILDPLATFORM node:${W} AS Tools\nFROM tools\nARG V=1\nFROM node:${V:-1}\nCOPY --from=0 --chown=1 /a /b\nCOPY --from=1 /a /b\nCOPY --from=other /a /b\n";

  it("is what ARG lines and build arguments make of it, and stages by their exact names", () => {
    expect(safe(text)).toBe(
      "ARG V=20 W=$V\nFROM --platform=$BUILDPLATFORM N20 AS Tools\nFROM Tools AS nagi-stage-1\nARG V=1\nFROM N20 AS nagi-stage-2\nCOPY --from=Tools --chown=1 /a /b\nCOPY --from=nagi-stage-1 /a /b\nCOPY --from=other /a /b\n",
    );
    expect(imagesOf({ text, args: { V: "22" } }).map(({ image, isBase }) => [image, isBase])).toEqual([
      ["node:22", true],
      ["node:22", true],
      ["other", false],
    ]);
  });

  it("ends with the stage that is built", () => {
    const staged = "FROM a AS one\nRUN x\nFROM none AS two\nRUN y\n";
    expect(safe(staged, { target: "ONE" })).toBe("FROM ID AS one\nRUN x");
    expect(safe(staged, { target: "0" })).toBe("FROM ID AS one\nRUN x");
    expect(imagesOf({ text: staged, args: {}, target: "one" })).toHaveLength(1);
  });

  it("is told as the author wrote it", () => {
    const given = { text: "FROM  a", cacheId: own, args: {}, env, ids: new Map([["a", "ID"]]) };
    expect(safeDockerfile(given).written).toEqual(new Map([["FROM ID AS nagi-stage-0", "FROM a"]]));
  });

  it("is not in the body of a here-document, for an engine that knows these", () => {
    const heredoc = "FROM a\nRUN python3 <<EOF\nfrom os import path\nEOF\nRUN x";
    expect(() => safe(heredoc)).toThrow('line 3: "os import path" is not FROM IMAGE');
    expect(safe(heredoc, { heredocs: true })).toBe(heredoc.replace("FROM a", "FROM ID AS nagi-stage-0"));
  });
});
