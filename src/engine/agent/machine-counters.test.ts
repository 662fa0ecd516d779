import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import {
  linkSpeedMbps,
  parseCpu,
  parseDisks,
  parseGroups,
  parseMemoryUsed,
  parseTraffic,
  readCounters,
} from "./machine-counters.ts";

test("time of the processors", () => {
  const stat =
    "cpu  100 5 50 800 40 1 2 2 30 3\ncpu0 50 2 25 400 20 0 1 1 15 1\ncpu1 1 1 1 1 1 1 1 1 1 1\nintr 9\n";
  expect(parseCpu(stat)).toEqual({ cpuBusy: 160, cpuTotal: 1000, cpus: 2 });
});

test("memory that is not available is in use", () => {
  const meminfo = "MemTotal:       1000 kB\nMemFree:         100 kB\nMemAvailable:    600 kB\n";
  expect(parseMemoryUsed(meminfo)).toBe(400 * 1024);
  expect(parseMemoryUsed("")).toBe(0);
});

test("the work of disks, not of their parts", () => {
  const line = (name: string, busyMs: number, reads = 9) =>
    `   8  0 ${name} ${reads} 0 1 1 1 1 1 1 0 ${busyMs} 5 0`;
  const names = ["sda", "sda1", "nvme0n1", "nvme0n1p2", "dm-0", "loop3", "vdb", "vdb2", "md127", "mmcblk0"];
  const text = names.map((name, index) => line(name, index)).join("\n");
  expect(Object.fromEntries(parseDisks(text))).toEqual({ sda: 0, nvme0n1: 2, vdb: 6, mmcblk0: 9 });
  expect(parseDisks(`${line("sdz", 4, 0)}\nnonsense`)).toEqual(new Map());
});

test("traffic that leaves the machine", () => {
  const text = [
    "Inter-|   Receive   |  Transmit",
    " face |bytes    packets errs drop fifo frame compressed multicast|bytes packets",
    "    lo: 999 1 0 0 0 0 0 0 999 1 0 0 0 0 0 0",
    "  eth0: 100 1 0 0 0 0 0 0 7 1 0 0 0 0 0 0",
    "  eth1:5 1 0 0 0 0 0 0 3 1 0 0 0 0 0 0",
    " veth1: 50 1 0 0 0 0 0 0 50 1 0 0 0 0 0 0",
  ].join("\n");
  const found = parseTraffic(text, new Set(["eth0", "eth1"]));
  expect(found).toEqual({ receivedBytes: 105, sentBytes: 10 });
});

test("control groups", () => {
  const text = "3:cpuacct,cpu:/a\n2:memory:/b/c:d\n1:name=systemd:/x\n0::/u";
  expect(Object.fromEntries(parseGroups(text))).toEqual({
    cpuacct: "/a",
    cpu: "/a",
    memory: "/b/c:d",
    "name=systemd": "/x",
    "": "/u",
  });
});

describe("containers", () => {
  const roots: string[] = [];
  afterAll(() => Promise.all(roots.map((root) => rm(root, { recursive: true }))));

  async function machineWith(files: Readonly<Record<string, string>>): Promise<string> {
    const root = await mkdtemp(join(tmpdir(), "nagi-counters-"));
    roots.push(root);
    for (const [path, text] of Object.entries(files)) {
      await mkdir(dirname(join(root, path)), { recursive: true });
      await writeFile(join(root, path), text);
    }
    return root;
  }

  async function useOf(files: Readonly<Record<string, string>>) {
    const root = await machineWith(files);
    const running = [{ id: "c", node: "node-1", pid: 7 }];
    return (await readCounters({ root, dataDir: root }, running, 5)).containers.get("c");
  }

  test("in the unified hierarchy", async () => {
    const use = await useOf({
      "proc/7/cgroup": "0::/pods/c\n",
      "sys/fs/cgroup/pods/c/cpu.stat": "usage_usec 123\nuser_usec 1\n",
      "sys/fs/cgroup/pods/c/memory.current": "5000\n",
      "sys/fs/cgroup/pods/c/memory.stat": "anon 1\ninactive_file 2000\n",
    });
    expect(use).toMatchObject({ node: "node-1", cpuUs: 123, memoryBytes: 3000 });
  });

  test("in the old hierarchies", async () => {
    const use = await useOf({
      "proc/7/cgroup": "4:memory:/m\n2:cpuacct:/p\n0::/\n",
      "sys/fs/cgroup/cpuacct/p/cpuacct.usage": "123000\n",
      "sys/fs/cgroup/memory/m/memory.usage_in_bytes": "5000\n",
      "sys/fs/cgroup/memory/m/memory.stat": "inactive_file 1\ntotal_inactive_file 9000\n",
    });
    expect(use).toMatchObject({ node: "node-1", cpuUs: 123, memoryBytes: 0 });
  });

  test("that cannot be told from the machine are not counted", async () => {
    expect(
      await useOf({ "proc/7/cgroup": "0::/\n", "sys/fs/cgroup/cpu.stat": "usage_usec 1\n" }),
    ).toBeUndefined();
    expect(await useOf({})).toBeUndefined();
  });

  test("the speed of links, as far as they say it", async () => {
    const root = await machineWith({
      "sys/class/net/eth0/device/x": "",
      "sys/class/net/eth0/speed": "1000\n",
      "sys/class/net/eth1/device/x": "",
      "sys/class/net/eth1/speed": "-1\n",
      "sys/class/net/br0/speed": "10000\n",
    });
    expect(await linkSpeedMbps(root)).toBe(1000);
  });
});
