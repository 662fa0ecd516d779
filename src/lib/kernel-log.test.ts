import { expect, test } from "vitest";
import { tellsOfOom, type RecordReader } from "./kernel-log.ts";

const id = "3d45708b83ef";
const oom = `6,1,2,-;oom-kill:constraint=CONSTRAINT_MEMCG,oom_memcg=/nagi/${id},task=node`;

/** Gives records one by one; a code is an error of the kernel. */
function logOf(...records: readonly string[]): RecordReader {
  const rest = [...records];
  return {
    read: async (buffer) => {
      const record = rest.shift() ?? "EAGAIN";
      if (/^E[A-Z]+$/.test(record)) throw Object.assign(new Error(record), { code: record });
      return { bytesRead: buffer.write(record) };
    },
  };
}

test.each([
  ["of the container", [oom], true],
  ["of another container", [oom.replace(id, "0".repeat(12))], false],
  ["of the container without memory", [`6,1,2,-;veth of ${id}`], false],
  ["behind records that were overwritten meanwhile", ["EPIPE", "6,1,2,-;something", "EPIPE", oom], true],
  ["behind the end", ["EAGAIN", oom], false],
  ["not at all", [], false],
])("the kernel's log tells %s", async (_what, records, expected) => {
  expect(await tellsOfOom(logOf(...records), id)).toBe(expected);
});

test("a log that breaks otherwise is a fault", async () => {
  await expect(tellsOfOom(logOf("EIO"), id)).rejects.toThrow("EIO");
});
