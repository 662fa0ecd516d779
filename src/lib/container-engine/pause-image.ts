/**
 * The smallest image: two programs of a dozen bytes of machine code. `/pause` waits for ever; it holds the
 * network of a pod of several containers, at no cost in memory. `/true` ends at once; it shows whether the
 * engine can start containers at all. Made here, so that no package, compiler or registry is needed.
 */

import { createHash } from "node:crypto";
import { pack } from "tar-stream";
import { architecture } from "../architecture.ts";
import type { ContainerEngine } from "./container-engine.ts";

interface MachineCode {
  /** ELF's number of the machine. */
  readonly machine: number;
  readonly pause: readonly number[];
  readonly exit: readonly number[];
}

const machines: Readonly<Record<string, MachineCode>> = {
  amd64: {
    machine: 0x3e,
    // mov eax, 34 (pause); syscall; jmp to the start
    pause: [0xb8, 0x22, 0, 0, 0, 0x0f, 0x05, 0xeb, 0xf7],
    // mov eax, 60 (exit); xor edi, edi; syscall
    exit: [0xb8, 0x3c, 0, 0, 0, 0x31, 0xff, 0x0f, 0x05],
  },
  arm64: {
    machine: 0xb7,
    // x0..x3 = 0; mov x8, 73 (ppoll); svc 0; b to the start
    pause: words(0xd2800000, 0xd2800001, 0xd2800002, 0xd2800003, 0xd2800928, 0xd4000001, 0x17fffffa),
    // mov x0, 0; mov x8, 93 (exit); svc 0
    exit: words(0xd2800000, 0xd2800ba8, 0xd4000001),
  },
};

const loadAddress = 0x400000;
const headersBytes = 64 + 56;

/** The name of the image, after its making sure that the engine has it. */
export async function ensurePauseImage(engine: ContainerEngine): Promise<string> {
  const code = machines[architecture()];
  if (code === undefined)
    throw new Error(`cannot make the pause image: no machine code for ${architecture()}`);
  const programs = { pause: elf(code.machine, code.pause), true: elf(code.machine, code.exit) };
  const digest = createHash("sha256").update(programs.pause).update(programs.true).digest("hex");
  const reference = `localhost/nagi/pause:${digest.slice(0, 12)}`;
  if (await engine.hasImage(reference)) return reference;
  const tar = pack();
  for (const [name, content] of Object.entries(programs)) tar.entry({ name, mode: 0o755 }, content);
  tar.finalize();
  await engine.importImage(tar, reference, ['ENTRYPOINT ["/pause"]', "LABEL nagi.dev/pause=true"]);
  return reference;
}

/** A static ELF-64 program: one segment, loaded whole, entered after the headers. */
function elf(machine: number, code: readonly number[]): Buffer {
  const size = headersBytes + code.length;
  const program = Buffer.alloc(size);
  program.set([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1]);
  program.writeUInt16LE(2, 16);
  program.writeUInt16LE(machine, 18);
  program.writeUInt32LE(1, 20);
  program.writeBigUInt64LE(BigInt(loadAddress + headersBytes), 24);
  program.writeBigUInt64LE(64n, 32);
  program.writeUInt16LE(64, 52);
  program.writeUInt16LE(56, 54);
  program.writeUInt16LE(1, 56);
  program.writeUInt32LE(1, 64);
  program.writeUInt32LE(5, 68);
  for (const at of [80, 88]) program.writeBigUInt64LE(BigInt(loadAddress), at);
  for (const at of [96, 104]) program.writeBigUInt64LE(BigInt(size), at);
  program.writeBigUInt64LE(0x1000n, 112);
  program.set(code, headersBytes);
  return program;
}

function words(...instructions: number[]): number[] {
  return instructions.flatMap((word) => [word & 255, (word >>> 8) & 255, (word >>> 16) & 255, word >>> 24]);
}
