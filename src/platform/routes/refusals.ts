/**
 * What HAProxy does not take: sections of routes, and certificates that they bring. It is their fault only, and they are left
 * out until they are others.
 */

import type { Logger } from "../../lib/log.ts";
import type { RouteBackend, RouteRule, RouteTable } from "./route-table.ts";
import type { CertificateFiles } from "./tls/certificate-store.ts";
import { withoutRefused } from "./without-refused.ts";

export interface Wanted {
  readonly table: RouteTable;
  readonly certificatesFor: (rules: readonly RouteRule[]) => Promise<CertificateFiles>;
  /** Answers to ACME authorities, by host and path. */
  readonly challenges: ReadonlyMap<string, string>;
}

/** What is left of it without what HAProxy refuses. */
export interface Accepted {
  readonly table: RouteTable;
  readonly certificates: CertificateFiles;
  readonly challenges: ReadonlyMap<string, string>;
}

export class Refusals {
  readonly #log: Logger;
  /** What is wrong, by the backend's section. */
  #sections = new Map<string, string>();
  /** What is wrong, by the certificate's file. */
  readonly #files = new Map<string, string>();

  constructor(log: Logger) {
    this.#log = log;
  }

  refuse(backend: RouteBackend, message: string): void {
    this.#sections.set(sectionOf(backend), message);
    this.#log.info("haproxy refuses a route", { backend: backend.name, message });
  }

  refuseFiles(wrong: ReadonlyMap<string, string>): void {
    for (const [file, message] of wrong) {
      this.#files.set(file, message);
      this.#log.info("haproxy refuses a certificate", { file, message });
    }
  }

  /** Forgets what is not wanted any more. */
  async without({ table: all, certificatesFor, challenges }: Wanted): Promise<Accepted> {
    const met = new Set<string>();
    for (let table = withoutRefused(all, this.#wrongSections(all)); ;) {
      // Without a route another one of its host may bring the next file.
      const certificates = await certificatesFor(table.rules);
      const wrong = new Map<string, string>();
      for (const [file, owner] of certificates.owners) {
        const message = this.#files.get(file);
        if (message === undefined) continue;
        met.add(file);
        wrong.set(owner, `its certificate: ${message}`);
      }
      if (wrong.size > 0) {
        table = withoutRefused(table, wrong);
        continue;
      }
      for (const file of this.#files.keys()) if (!met.has(file)) this.#files.delete(file);
      return { table, certificates, challenges };
    }
  }

  /** By the backend's name. */
  #wrongSections({ backends }: RouteTable): ReadonlyMap<string, string> {
    const wrong = new Map<string, string>();
    if (this.#sections.size === 0) return wrong;
    const kept = new Map<string, string>();
    for (const backend of backends) {
      const section = sectionOf(backend);
      const message = this.#sections.get(section);
      if (message === undefined) continue;
      wrong.set(backend.name, message);
      kept.set(section, message);
    }
    this.#sections = kept;
    return wrong;
  }
}

function sectionOf({ name, lines, serverOptions }: RouteBackend): string {
  return [name, ...lines, serverOptions].join("\n");
}
