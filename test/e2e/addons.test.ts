/** Add-ons as a user has them: made, used, dumped, restored, shared, rotated, destroyed. One platform for all. */

import { execFile } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { runGuideExample } from "../harness/guide.ts";
import { nagiProgram, pause, TestPlatform, until, type Outcome } from "../harness/platform.ts";
import { RowLoad } from "../harness/rows.ts";
import { S3Server } from "../harness/s3-server.ts";

let platform: TestPlatform;
let dir: string;
let s3: S3Server;

beforeAll(async () => {
  s3 = await S3Server.start();
  dir = mkdtempSync(join(tmpdir(), "nagi-addons-"));
  platform = await TestPlatform.start();
});
afterAll(async () => {
  platform.stop();
  await s3.stop();
  rmSync(dir, { recursive: true, force: true });
});

const psql = (sql: string): string =>
  platform.nagi(["pg", "psql", "--app", "guest", "--", "-Atc", sql]).trim();

it("runs the guide's example: rows come back with a restore", () => {
  const { code, stdout } = runGuideExample(platform, "addons.md");
  expect(stdout).toMatch(/guest has it as DATABASE_URL\n/);
  expect(stdout).toMatch(/Dumped guest-postgresql to before\.dump: [\d.]+ KiB\n/);
  expect(stdout).toMatch(
    /Restored guest-postgresql from before\.dump\nfirst line\nAdd-on: +guest-postgresql\n/,
  );
  expect(stdout).toMatch(/Attached to: +guest as DATABASE_URL\n/);
  expect(code).toBe(0);
});

it("keeps the data when a dump is cut off, and says so", () => {
  writeFileSync(join(dir, "cut.dump"), "PGDMP and no more");
  const cut = platform.tryNagi(
    ["pg", "restore", "cut.dump", "--addon", "guest-postgresql", "--confirm", "guest-postgresql"],
    { cwd: dir },
  );
  expect(cut.code).toBe(1);
  expect(cut.stderr).toContain("the dump cannot be read: nothing is changed");
  const wrong = platform.tryNagi(["pg", "restore", "-", "--app", "guest", "--confirm", "guest-postgresql"], {
    input: "CREATE TABLE other (x int); SELECT nonsense",
  });
  expect(wrong.stderr).toContain('column "nonsense" does not exist');
  expect(wrong.stderr).toContain("what was there stays");
  expect(psql("SELECT count(*) FROM lines")).toBe("1");
  const half = platform.tryNagi(["pg", "restore", "-", "--app", "guest", "--confirm", "guest-postgresql"], {
    input: "--\n-- PostgreSQL database dump\n--\n\nCREATE TABLE other (x int);\n",
  });
  expect(half.stderr).toContain("the dump is cut off: nothing is changed");
  const short = "NAGI_RESTORE_BYTES=99 pg-admin restore 2>&1 || true";
  expect(onServer("guest-postgresql", short, "CREATE TABLE other (x int);")).toBe(
    "the dump is cut off: nothing is changed",
  );
  expect(psql("SELECT count(*) FROM lines")).toBe("1");
  const failed = platform.tryNagi(["addons", "dump", "guest-postgresql", "no/such/place"], { cwd: dir });
  expect(failed.code).toBe(1);
  expect(existsSync(join(dir, "no"))).toBe(false);
});

it("restores what only a superuser may make, and drops what one has made", () => {
  psql("CREATE EXTENSION IF NOT EXISTS hstore");
  psql("SET ROLE postgres; CREATE EXTENSION IF NOT EXISTS pg_stat_statements");
  platform.nagi(["addons", "dump", "guest-postgresql", "super.dump"], { cwd: dir });
  const asText = "HOME=/tmp setpriv --reuid=postgres --regid=postgres --init-groups pg_dump -h /tmp -O -x";
  writeFileSync(
    join(dir, "super.sql"),
    `${onServer("guest-postgresql", `${asText} "$NAGI_ADDON_DATABASE"`)}\n`,
  );
  for (const file of ["super.dump", "super.sql"]) {
    psql("SET ROLE postgres; CREATE TABLE made_by_postgres (x int)");
    platform.nagi(["addons", "restore", "guest-postgresql", file, "--confirm", "guest-postgresql"], {
      cwd: dir,
    });
    expect(psql("SELECT extname, extowner = 'postgres'::regrole FROM pg_extension ORDER BY 1")).toBe(
      "hstore|f\npg_stat_statements|t\nplpgsql|t",
    );
    expect(psql("SELECT string_agg(tablename, ',') FROM pg_tables WHERE schemaname = 'public'")).toBe(
      "lines",
    );
    expect(psql("SELECT count(*) FROM lines")).toBe("1");
  }
});

it("does not go on without the database that it was to make", () => {
  const elsewhere = "sed 's#^place=.*#place=/tmp/half#' /usr/local/bin/serve-postgresql > /tmp/serve";
  const serve = "POSTGRESQL_USER=pg_reserved POSTGRESQL_PASSWORD=x NAGI_ADDON_DATABASE= /tmp/serve";
  const script = `${elsewhere}; chmod 755 /tmp/serve; ${serve} 2>&1 | tail -n 1; ls /tmp/half; rm -r /tmp/half /tmp/serve`;
  expect(onServer("guest-postgresql", script)).toBe(
    "cannot make database pg_reserved of user pg_reserved\ndata.new",
  );
});

it("guards what an add-on wrote, and the add-on", () => {
  const set = platform.tryNagi(["config", "set", "DATABASE_URL=postgresql://elsewhere/", "--app", "guest"]);
  expect(set.code).toBe(2);
  expect(set.stderr).toContain("DATABASE_URL of guest is the add-on guest-postgresql's: nothing is changed");
  const used = platform.tryNagi(["addons", "destroy", "guest-postgresql", "--confirm", "guest-postgresql"]);
  expect(used.code).toBe(2);
  expect(used.stderr).toContain("add-on guest-postgresql is in use by guest");
  const service = platform.tryNagi(["addons", "create", "guest", "oracle"]);
  expect(service.stderr).toMatch(/there is no service oracle: there are .*postgresql/);
  const plan = platform.tryNagi(["addons", "create", "guest", "postgresql:huge"]);
  expect(plan.stderr).toContain('service postgresql has no plan "huge": it has small, medium, large');
});

it("leads a port of the machine to the database", async () => {
  const added = platform.nagi(["routes", "add", "tcp", "--service", "guest-postgresql", "--app", "guest"]);
  const port = /localhost:(\d+)/.exec(added)?.[1] ?? "";
  // PostgreSQL's own greeting: protocol 3.0, a user; it asks for the password.
  const parameters = Buffer.from("user\0nobody\0database\0postgres\0\0");
  const head = Buffer.alloc(8);
  head.writeInt32BE(8 + parameters.length, 0);
  head.writeInt32BE(3 << 16, 4);
  const socket = connect(Number(port), "127.0.0.1");
  socket.write(Buffer.concat([head, parameters]));
  const [answer] = (await once(socket, "data")) as [Buffer];
  socket.destroy();
  expect(answer.toString("latin1")).toMatch(/^R.*SCRAM-SHA-256/s);
  expect(platform.nagi(["routes", "remove", `tcp:${port}`, "--app", "guest"])).toContain(
    `guest no longer answers at tcp:${port}`,
  );
});

it("rotates credentials while the app answers every request", async () => {
  const before = psql(
    "SELECT string_agg(rolname, ',') FROM pg_roles WHERE rolcanlogin AND rolname <> 'postgres'",
  );
  const done = new AbortController();
  const answers: number[] = [];
  const asking = (async () => {
    while (!done.signal.aborted) {
      answers.push((await platform.request("guest")).status);
      await pause(50);
    }
  })();
  const rotating = platform.follow("nagi", ["addons", "rotate", "guest-postgresql"]);
  await until(() => rotating.lines.some((line) => line.includes("has new credentials")), "the rotation");
  done.abort();
  await asking;
  expect(answers.filter((status) => status !== 200)).toEqual([]);
  expect(answers.length).toBeGreaterThan(10);
  const after = psql(
    "SELECT string_agg(rolname, ',') FROM pg_roles WHERE rolcanlogin AND rolname <> 'postgres'",
  );
  expect(after).toMatch(/^u[0-9a-f]{10}$/);
  expect(after).not.toBe(before);
});

it("loses no acknowledged row when the database's container and then Nagi are killed under load", async () => {
  const rows = new RowLoad({ platform, app: "guest" });
  await rows.grown(50, "before anything is killed");
  const [container] = platform
    .ok("podman", ["ps", "-q", "--filter", `name=addon-guest-postgresql-0`, "--filter", "name=server"])
    .split("\n")
    .filter(Boolean);
  platform.ok("podman", ["kill", "--signal", "KILL", container ?? ""]);
  await rows.grown(50, "after the database was killed");
  await platform.kill();
  await rows.grown(50, "while Nagi is dead");
  platform.up();
  await rows.grown(50, "after Nagi is back");
  const lost = await rows.lost("the database and Nagi are killed", () => psql("SELECT line FROM lines"));
  expect(lost).toEqual([]);
  expect(rows.acknowledged).toBeGreaterThanOrEqual(200);
});

it("is shared between apps, under other names, and let go of", () => {
  platform.createApp("reports", ["--no-remote"]);
  expect(
    platform.nagi(["addons", "attach", "guest-postgresql", "--app", "reports", "--as", "GUEST"]),
  ).toContain("reports has it as GUEST_URL");
  const get = (app: string, name: string) => platform.nagi(["config", "get", name, "--app", app]);
  expect(get("reports", "GUEST_URL")).toBe(get("guest", "DATABASE_URL"));
  expect(platform.nagi(["addons"])).toMatch(
    /guest-postgresql +postgresql:small +Ready +guest as DATABASE, reports as GUEST/,
  );
  platform.nagi(["addons", "detach", "guest-postgresql", "--app", "reports"]);
  expect(platform.tryNagi(["config", "get", "GUEST_URL", "--app", "reports"]).code).toBe(1);
  platform.nagi(["addons", "attach", "guest-postgresql", "reports"]);
  platform.nagi(["destroy", "reports", "--confirm", "reports"]);
});

it("makes Redis with a name of its own, and brings its keys back", () => {
  platform.createApp("count", ["--no-remote"]);
  const made = platform.nagi(["addons", "create", "count", "redis", "--as", "CACHE"]);
  expect(made).toContain("count has it as CACHE_URL");
  const cli = (...words: string[]) => platform.nagi(["redis", "cli", "--app", "count", ...words]).trim();
  cli("SET", "a", "1");
  platform.nagi(["redis", "dump", "--app", "count", "a.rdb"], { cwd: dir });
  cli("SET", "a", "2");
  cli("SET", "b", "1");
  platform.nagi(["redis", "restore", "--app", "count", "a.rdb", "--confirm", "count-redis"], { cwd: dir });
  expect(cli("GET", "a")).toBe("1");
  expect(cli("DBSIZE")).toBe("1");

  // Nearly full, by portions, which the log has to hold whole. What was there and what comes are in memory both.
  const portion = (seed: number): string =>
    `EVAL "math.randomseed(${seed}) for i = 1, 300 do local t = {} for j = 1, 5000 do t[j] = string.char(math.random(0, 255), math.random(0, 255)) end redis.call('SET', '${seed}:' .. i, table.concat(t)) end" 0\n`;
  const portions = Array.from({ length: 20 }, (_, seed) => portion(seed)).join("");
  onServer("count-redis", "REDISCLI_AUTH=$NAGI_ADDON_ADMIN_PASSWORD redis-cli -e", portions);
  platform.nagi(["redis", "dump", "--app", "count", "full.rdb"], { cwd: dir });
  platform.nagi(["redis", "restore", "--app", "count", "full.rdb", "--confirm", "count-redis"], { cwd: dir });
  expect(cli("DBSIZE")).toBe("6001");
  platform.nagi(["addons", "detach", "count-redis", "--app", "count"]);
  const unsure = platform.tryNagi(["addons", "destroy", "count-redis"]);
  expect(unsure.stderr).toContain("all its data for good");
  platform.nagi(["addons", "destroy", "count-redis", "--confirm", "count-redis"]);
  expect(platform.kubectl(["get", "sts,svc,secret,pvc", "-o", "name"])).not.toContain("count-redis");
});

it("runs the guide's page of backups", async () => {
  const { code, stdout } = runGuideExample(platform, "addon-backups.md");
  expect(stdout).toMatch(/Backed up books as books-\d{8}-\d{6}: [\d.]+ KiB, on the platform's disk\n/);
  expect(stdout).toMatch(/Restored books from backup books-\d{8}-\d{6}\n1000\n/);
  expect(stdout).toMatch(/Backup books-\d{8}-\d{6} can be restored: 1 tables, 1000 rows\n/);
  expect(stdout).toContain('books is backed up at "0 3 * * *" Europe/Berlin (next ');
  expect(stdout).toMatch(
    /books-\d{8}-\d{6} +books +Complete +[\d.]+ KiB +manual +disk +Passed: 1 tables, 1000 rows/,
  );
  expect(code).toBe(0);
  const addons = (): string => platform.kubectl(["get", "addons", "-o", "name"]);
  await until(() => !addons().includes("check-"), "the server of the check to go");
});

it("makes an add-on whose name its server keeps to itself", () => {
  platform.nagi(["addons", "create", "postgresql", "--unattached", "--name", "pg-notes"]);
  const count = [
    "pg",
    "psql",
    "--addon",
    "pg-notes",
    "--",
    "-Atc",
    "SELECT current_database(), current_user",
  ];
  expect(platform.nagi(count).trim()).toBe("db_pg_notes|db_pg_notes");
  platform.nagi(["addons", "destroy", "pg-notes", "--confirm", "pg-notes"]);
});

/** Without holding up the bucket, which is in this process. */
function ask(argv: readonly string[]): Promise<Outcome> {
  return new Promise((resolve) => {
    const options = { env: platform.env, cwd: dir };
    execFile(nagiProgram, [...argv], options, (error, stdout, stderr) =>
      resolve({ code: error === null ? 0 : Number(error.code), stdout, stderr }),
    );
  });
}

it("backs up to a bucket by a schedule, and tells what cannot be kept or restored", async () => {
  const add = (secret: string) => {
    const keys = `--access-key-id ${s3.accessKeyId} --secret-access-key ${secret}`;
    const where = `--endpoint ${s3.endpoint} --bucket ${s3.bucket} --region ${s3.region}`;
    return ask(`addons stores add offsite ${where} ${keys}`.split(" "));
  };
  expect((await add("wrong")).stderr).toContain("403 SignatureDoesNotMatch");
  expect((await add(s3.secretAccessKey)).stdout).toContain("Backup store offsite works");
  await ask(["addons", "backups", "schedule", "books", "* * * * *", "--keep", "1", "--to", "offsite"]);
  // As if Nagi had been down when it was due.
  const since = JSON.stringify({ spec: { backups: { since: "2026-01-01T00:00:00Z" } } });
  platform.kubectl(["patch", "addon", "books", "--type=merge", "-p", since]);
  const scheduled = async (): Promise<string[]> =>
    (await ask(["addons", "backups", "list", "books"])).stdout
      .split("\n")
      .filter((line) => /Complete .* schedule +offsite/.test(line));
  await until(async () => (await scheduled()).length > 0, "a backup in the bucket");
  await ask(["addons", "backups", "unschedule", "books"]);
  // A minute that began meanwhile has brought another one, and the first one goes.
  const backup = (await scheduled()).at(-1)?.split(/ +/)[0] ?? "";
  const key = [...s3.objects.keys()].find((each) => each.startsWith(`default/${backup}-`)) ?? "";
  await ask(["addons", "backups", "download", backup, "books.dump"]);
  expect(readFileSync(join(dir, "books.dump"))).toEqual(s3.objects.get(key));

  const unsure = await ask(["addons", "backups", "restore", backup]);
  expect(unsure.stderr).toContain("this replaces all data of books by that of ");
  s3.objects.get(key)?.fill(0, 100, 200);
  const damaged = await ask(["addons", "backups", "restore", backup, "--confirm", "books"]);
  expect(damaged.code).toBe(1);
  expect(damaged.stderr).toContain(`${key} is not what was backed up: it was changed or damaged`);
  const count = ["pg", "psql", "--addon", "books", "--", "-Atc", "SELECT count(*) FROM pages"];
  expect((await ask(count)).stdout.trim()).toBe("1000");

  s3.refuseWrites = 403;
  const full = await ask(["addons", "backups", "create", "books", "--to", "offsite"]);
  s3.refuseWrites = undefined;
  expect(full.code).toBe(1);
  expect(full.stderr).toContain("cannot back up books: cannot write default/");
  expect(full.stderr).toContain("403 QuotaExceeded: The bucket is full");
  expect((await ask(["addons", "info", "books"])).stdout).toMatch(/Last backup: +FAILED: .*QuotaExceeded/);
  expect((await ask(["events"])).stdout).toMatch(/BackupFailed +addon\/books/);

  await ask(["addons", "destroy", "books", "--confirm", "books"]);
  expect((await ask(["addons", "backups", "list", "books"])).stdout).toContain(backup);
  const used = await ask(["addons", "stores", "remove", "offsite"]);
  expect(used.stderr).toContain("cannot be restored without it");
  await ask(["addons", "backups", "delete", backup, "--confirm", backup]);
  expect([...s3.objects.keys()].filter((each) => each.includes(backup))).toEqual([]);
});

/** A service of an operator's own: notes, a line each, in a file. */
const notesRecipe = {
  "platform.yaml": "description: Notes\nfrom: base\nonDemand: true\n",
  Containerfile:
    'ARG BASE\nFROM $BASE\nCOPY serve-notes ask-notes /usr/local/bin/\nRUN chmod 755 /usr/local/bin/*-notes\nCMD ["serve-notes"]\n',
  "serve-notes": `#!/usr/bin/perl
use IO::Socket::INET;
$SIG{TERM} = sub { exit 0 };
my $server = IO::Socket::INET->new(LocalPort => 7777, Listen => 16, ReuseAddr => 1) or die "cannot listen: $!";
open(my $made, ">>", "/data/notes") or die "cannot write: $!";
close($made);
while (1) {
  my $client = $server->accept or next;
  my $line = <$client> // "";
  if ($line =~ /^ADD (.*)/) { open(my $to, ">>", "/data/notes"); print $to "$1\\n"; close($to) }
  open(my $from, "<", "/data/notes");
  print $client $_ while <$from>;
  close($client);
}
`,
  "ask-notes": '#!/bin/bash\nset -e\nexec 3<>/dev/tcp/127.0.0.1/7777\nprintf "%s\\n" "$*" >&3\ncat <&3\n',
  "addon.yaml": `description: Notes, a line each
platform: notes
port: 7777
data: /data
prefix: NOTES
vars: { URL: "notes://\${host}:\${port}" }
commands:
  ready: ask-notes LIST
  shell: ask-notes "$@"
  dump: cat /data/notes
  restore: '[ "$NAGI_RESTORE_BYTES" = 6 ] && cat > /data/notes'
  info: 'echo "Size: $NOTES_SIZE"'
actions:
  count: { description: Counts notes., run: grep -c . /data/notes }
defaultPlan: small
plans:
  small: { cpu: 10m, memory: 48Mi, storage: 16Mi, environment: { NOTES_SIZE: small } }
  large: { cpu: 10m, memory: 96Mi, storage: 16Mi, environment: { NOTES_SIZE: large } }
`,
};

function writeRecipe(name: string, files: Readonly<Record<string, string>>): void {
  mkdirSync(join(dir, name), { recursive: true });
  for (const [file, text] of Object.entries(files))
    writeFileSync(join(dir, name, file), text, { mode: 0o755 });
}

it("takes a service of an operator's own, which app.json may ask for", async () => {
  writeRecipe("notes", notesRecipe);
  writeRecipe("wrong", { ...notesRecipe, "addon.yaml": "platform: notes\nport: 0\n" });
  const wrong = platform.tryNagi(["addons", "services", "add", "wrong"], { cwd: dir });
  expect(wrong.stderr).toMatch(/spec\.port.*0/);
  expect(platform.tryNagi(["addons", "services", "add", "wrong/nowhere"], { cwd: dir }).code).toBe(2);
  const added = platform.nagi(["addons", "services", "add", "notes"], { cwd: dir });
  expect(added).toContain("Service notes can be used: nagi addons create APP notes");
  expect(platform.nagi(["addons", "catalogue"])).toMatch(/notes:small +48Mi +16Mi +Notes, a line each/);

  platform.createApp("desk", ["--no-remote"]);
  const appJson = { addons: [{ plan: "notes:large", as: "MEMO" }, "papertrail"] };
  writeRecipe("desk", {
    "server.js":
      'require("node:http").createServer((q, r) => r.end(process.env.MEMO_URL)).listen(process.env.PORT);',
    "package.json": "{}",
    "app.json": JSON.stringify(appJson),
  });
  platform.nagi(["deploy", "--app", "desk", "--dir", "desk"], { cwd: dir });
  // The first release has it: there was none before it.
  expect(platform.nagi(["releases", "--app", "desk"])).not.toMatch(/^v2 /m);
  expect((await platform.request("desk")).text).toMatch(/^notes:\/\/\S+:7777$/);
  expect(platform.nagi(["events"])).toMatch(
    /AddonNotMade +app\/desk +app\.json: there is no add-on service papertrail/,
  );
  const used = platform.tryNagi(["addons", "services", "remove", "notes"]);
  expect(used.stderr).toContain("service notes cannot be removed: of it are the add-ons default/desk-notes");
});

it("gives an add-on another size, and keeps its data", () => {
  const notes = (...words: string[]): string => platform.nagi(["addons", ...words], { cwd: dir });
  notes("shell", "desk-notes", "ADD", "first");
  expect(notes("run", "desk-notes", "count")).toBe("1\n");
  notes("dump", "desk-notes", "notes.txt");
  const unknown = platform.tryNagi(["addons", "resize", "desk-notes", "huge"]);
  expect(unknown.stderr).toContain("service notes has no plan huge");
  expect(unknown.stderr).toContain("It has: small, large");
  expect(notes("info", "desk-notes")).toMatch(/Size: +large/);
  notes("resize", "desk-notes", "small");
  expect(notes("info", "desk-notes")).toMatch(/Size: +small/);
  expect(notes("shell", "desk-notes", "ADD", "second")).toBe("first\nsecond\n");
  notes("restore", "desk-notes", "notes.txt", "--confirm", "desk-notes");
  expect(notes("shell", "desk-notes", "LIST")).toBe("first\n");
  notes("detach", "desk-notes", "--app", "desk");
  notes("destroy", "desk-notes", "--confirm", "desk-notes");
  expect(notes("services", "remove", "notes")).toContain("Removed service notes");
});

/** Runs a shell's script in the server of an add-on. */
function onServer(addon: string, script: string, input = ""): string {
  return platform
    .kubectl(["exec", "-i", `addon-${addon}-0`, "--", "/bin/sh", "-c", script], { input })
    .trim();
}

function userOf(addon: string): { readonly user: string; readonly password: string } {
  const read = (key: string): string => {
    const path = `jsonpath={.data.${key}}`;
    const text = platform.kubectl(["get", "secret", `addon-${addon}`, "-o", path]);
    return Buffer.from(text, "base64").toString();
  };
  return { user: read("user"), password: read("password") };
}

it("takes nothing from a user of MariaDB that is made once more, and rotates it", () => {
  platform.nagi(["addons", "create", "mariadb", "--unattached", "--name", "till"]);
  const before = userOf("till");
  const sql = (text: string): string => onServer("till", "mariadb --no-defaults -N -B", text);
  sql(`GRANT PROCESS ON *.* TO '${before.user}'@'%'`);
  onServer("till", "mariadb-admin-nagi add-user", `${before.user}\n${before.password}\n`);
  // Of an account that was made anew, that would be gone, and with it for a moment what apps need.
  expect(sql(`SHOW GRANTS FOR '${before.user}'@'%'`)).toMatch(/PROCESS[^]*ALL PRIVILEGES ON `till`/);
  platform.nagi(["addons", "rotate", "till"]);
  const after = userOf("till");
  expect(after.user).not.toBe(before.user);
  const users = "SELECT user FROM mysql.user WHERE user LIKE 'u%'";
  expect(sql(users)).toBe(after.user);
});

/** What makes MariaDB's dumps hard: all of it comes back, or all of what was there stays. */
const tillData = `CREATE SEQUENCE numbers;
CREATE TABLE parents (id int PRIMARY KEY DEFAULT nextval(numbers), note text);
CREATE TABLE children (id int, parent int, CONSTRAINT of_parent FOREIGN KEY (parent) REFERENCES parents (id));
CREATE FUNCTION seven() RETURNS int DETERMINISTIC RETURN 7;
CREATE VIEW sevens AS SELECT id, seven() AS seven FROM parents;
CREATE TRIGGER numbered BEFORE INSERT ON children FOR EACH ROW SET NEW.id = seven();
CREATE EVENT hourly ON SCHEDULE EVERY 1 HOUR STARTS '2026-01-01 00:00:00' DO DELETE FROM children WHERE id = 0;
INSERT INTO parents VALUES (1, 'a row with DEFINER=\`a\`@\`b\` in it');
INSERT INTO children VALUES (0, 1);
`;

it("restores MariaDB wholly or not at all, also when it is killed meanwhile", () => {
  const sql = (text: string): string => onServer("till", "mariadb --no-defaults -N -B till", text);
  const data = (): string =>
    onServer("till", "mariadb-admin-nagi dump").replace(/^-- Dump completed.*$/m, "");
  const restore = (input: string): Outcome =>
    platform.tryNagi(["addons", "restore", "till", "-", "--confirm", "till"], { input });
  sql(tillData);
  const before = data();
  expect(before).toContain("DEFINER=`a`@`b`");
  const elsewhere = restore(
    "CREATE DATABASE /*!32312 IF NOT EXISTS*/ `elsewhere`;\nUSE `elsewhere`;\nCREATE TABLE x (y int);\n",
  );
  expect(elsewhere.code).toBe(1);
  expect(elsewhere.stderr).toContain("make it without --databases");
  expect(restore("-- MySQL dump 10.13  Distrib 8.0.36\nCREATE TABLE x (y int);\n").stderr).toContain(
    "the dump is cut off: nothing is changed",
  );
  expect(data()).toBe(before);

  const killedWhileItWaitsForALock = `ask() { mariadb --no-defaults -N -B till -e "$1"; }
(echo "BEGIN; SELECT * FROM parents; SELECT sleep(600);" | mariadb --no-defaults till >/dev/null 2>&1) &
until holder=$(ask "SELECT id FROM information_schema.processlist WHERE info = 'SELECT sleep(600)'") && [ "$holder" ]; do sleep 0.1; done
echo "CREATE TABLE parents (x int); CREATE VIEW sevens AS SELECT x FROM parents;" > /tmp/other.sql
mariadb-admin-nagi restore < /tmp/other.sql >/dev/null 2>&1 &
restoring=$!
until [ "$(ask "SELECT count(*) FROM information_schema.processlist WHERE info LIKE 'RENAME%'")" = 1 ]; do kill -0 $restoring; sleep 0.1; done
kill -KILL $restoring
ask "KILL $holder"
flock /var/lib/mysql/restore-lock true
mariadb-admin-nagi ready`;
  onServer("till", `set -e\n${killedWhileItWaitsForALock}`);
  expect(data()).toBe(before);

  sql("DROP VIEW sevens; DELETE FROM children; CREATE TABLE later (x int)");
  const restored = restore(`${before}-- Dump completed on 2026-11-28\n`);
  expect(restored.stderr).toBe("");
  expect(data()).toBe(before);
  expect(sql("INSERT INTO children VALUES (0, 1); SELECT id FROM children")).toBe("7\n7");
  expect(sql("SHOW DATABASES")).not.toMatch(/nagi|elsewhere/);
  platform.nagi(["addons", "destroy", "till", "--confirm", "till"]);
});

it("makes a user of RabbitMQ once and once more, and rotates it", () => {
  platform.nagi(["addons", "create", "rabbitmq", "--unattached", "--name", "post"]);
  const before = userOf("post");
  const ctl = (words: string): string => onServer("post", `rabbitmq-admin-nagi ctl ${words}`);
  onServer("post", "rabbitmq-admin-nagi add-user", `${before.user}\n${before.password}\n`);
  expect(ctl(`authenticate_user ${before.user} ${before.password}`)).toBe("Success");
  platform.nagi(["addons", "rotate", "post"]);
  const after = userOf("post");
  expect(ctl("list_permissions -p post --no-table-headers").split("\t")).toEqual([
    after.user,
    ".*",
    ".*",
    ".*",
  ]);
  expect(ctl("list_users")).not.toContain(before.user);
  platform.nagi(["addons", "destroy", "post", "--confirm", "post"]);
});

it("runs PostgreSQL's page of the guide", () => {
  const { code, stdout } = runGuideExample(platform, "postgres.md");
  expect(stdout).toMatch(/^ +1000$/m);
  expect(stdout).toMatch(/^Tables: +1$/m);
  expect(code).toBe(0);
});
