const names: Readonly<Record<string, string>> = { x64: "amd64", ia32: "386" };

/** This machine's architecture, as container engines and Kubernetes call it: `amd64`, `arm64`. */
export function architecture(): string {
  return names[process.arch] ?? process.arch;
}
