import { describe, expect, it } from "vitest";
import { addedFilesOf, safeDockerfile } from "./safe-dockerfile.ts";

const ids = new Map([["a", "ID"]]);
const env = new Map([["a", { TOOL: "9", HOST: "http://127.0.0.1", EMPTY: "" }]]);

const given = (text: string, args: Readonly<Record<string, string>> = {}) => ({
  text: `FROM a\n${text}`,
  cacheId: "c",
  args,
  ids,
  env,
  added: "ADDED",
});
const built = (text: string, args?: Readonly<Record<string, string>>): string =>
  safeDockerfile(given(text, args)).text.replace("FROM ID AS nagi-stage-0\n", "");
const urls = (text: string, args?: Readonly<Record<string, string>>): string[] =>
  addedFilesOf(given(text, args)).map(({ url }) => url);

describe("an ADD of an address", () => {
  it("copies what was fetched, by the name that the engine would give it", () => {
    expect(built("ADD --chown=1:2 --chmod=755 https://b.test/tool.tgz?x=1 /opt/\nRUN x")).toBe(
      'COPY --from=ADDED --chown=1:2 --chmod=755 ["/2-0/tool.tgz","/opt/"]\nRUN x',
    );
    expect(built('add ["https://b.test/", "/o p"]')).toBe('COPY --from=ADDED ["/2-0/file","/o p"]');
    expect(built("ADD a.txt http://b.test/b c* /d/")).toBe(
      'ADD ["a.txt","c*","/d/"]\nCOPY --from=ADDED ["/2-0/b","/d/"]',
    );
  });

  it.each([
    ["ARG V=1\nADD https://b.test/$V /x", {}, "https://b.test/1"],
    ["ARG V=1\nADD https://b.test/${V}.tgz /x", { V: "2" }, "https://b.test/2.tgz"],
    ["ARG V\nENV V=3 W=$V\nARG V=4\nADD https://b.test/$V-$W /x", { V: "2" }, "https://b.test/3-2"],
    ["ADD https://b.test/$TOOL /x", {}, "https://b.test/9"],
    ["ADD https://b.test/${NONE:-5}${EMPTY:+6}${TOOL:+7} /x", {}, "https://b.test/57"],
    ["ENV U https://b.test/8\nADD $U /x", {}, "https://b.test/8"],
    ['ENV U="https://b.test/8"\nADD "${U}" /x', {}, "https://b.test/8"],
    ["ADD ${HOST}:8080/x /x", {}, "http://127.0.0.1:8080/x"],
    ["ADD HTTPS://b.test/x /x", {}, "HTTPS://b.test/x"],
    ["ADD 'https://b.test/x' \\\n  /x", {}, "https://b.test/x"],
    ["FROM scratch\nFROM nagi-stage-0\nADD https://b.test/$TOOL /x", {}, "https://b.test/9"],
  ])("is known by what its variables stand for: %s", (text, args, url) => {
    const stages = text.replace("nagi-stage-0", "one").replace("FROM scratch", "FROM a AS one");
    expect(urls(stages, args)).toEqual([url]);
    expect(built(stages, args)).not.toMatch(/^ADD/im);
  });

  it("keeps to the arguments before the first FROM and to the stage that is built", () => {
    const text = "ARG V=1\nFROM a AS one\nARG V\nADD https://b.test/$V /x\nFROM a\nADD https://c.test/ /x";
    const input = { text, args: {}, env, target: "one" };
    expect(addedFilesOf(input).map(({ url, number }) => [url, number])).toEqual([["https://b.test/1", 4]]);
  });

  it("takes a checksum", () => {
    const sum = `sha256:${"a".repeat(64)}`;
    const text = `ADD --checksum=${sum} https://b.test/x /x`;
    expect(addedFilesOf(given(text))).toEqual([
      { url: "https://b.test/x", number: 2, checksum: sum, path: "/2-0/x" },
    ]);
    expect(built(text)).toBe('COPY --from=ADDED ["/2-0/x","/x"]');
  });

  it.each([
    ["ADD $NONE /x", "line 2: ADD $NONE: what it stands for is not known before the build"],
    ["ADD ht$NONE /x", "is not known before the build"],
    [String.raw`ADD h\ttp://b.test/x /x`, "is not known before the build"],
    ["ADD ht`tp://b.test/x /x", "is not known before the build"],
    ["ADD ${TOOL#9}https://b.test /x", "is not known before the build"],
    ['ADD ["https://b.test/x", "/x"] more', "is neither ADD SOURCE... DESTINATION nor"],
    ["ADD https://b.test/x", "is neither ADD SOURCE... DESTINATION nor"],
    ["ADD https://b.test/x.git#main /x", "is a git repository: clone it in a step (RUN git clone)"],
    ["ADD git@b.test:x /x", "is a git repository"],
    ["ADD https://b.test/ /x/", "has no name that a file can have: write it into the destination, /x/NAME"],
    ["ADD https://b.test/x y /x", "needs a directory as its destination, which ends with /: /x/"],
    [
      "ADD --checksum=md5:1 https://b.test/x /x",
      '--checksum is "md5:1": it must be sha256: and 64 hex digits',
    ],
    ["ONBUILD ADD https://b.test/x /x", "ONBUILD ADD must name files as they are"],
    ["ONBUILD ADD $X /x", "ONBUILD ADD must name files as they are"],
  ])("is refused where it cannot be told: %s", (text, message) => {
    expect(() => built(text)).toThrow(message);
  });
});

describe("an ADD of files", () => {
  it.each([
    "ADD . /x",
    "ADD a-$NONE.tar /x",
    'ADD ["a b", "/x"]',
    "ADD [ab].txt /x",
    "ONBUILD ADD a /x",
    "ADD h /x",
  ])("stays as it is: %s", (text) => {
    expect(built(text)).toBe(text);
  });

  it("is told to the engine without variables that could become an address", () => {
    expect(built("ARG F=file\nADD $F /x")).toBe('ARG F=file\nADD ["file","/x"]');
  });
});
