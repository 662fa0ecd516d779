/** Amounts as people write them: 500m, 2, 256Mi. */

const units = ["", "Ki", "Mi", "Gi", "Ti", "Pi"];

export function amountText(resource: string, amount: number): string {
  if (resource === "cpu") return amount % 1000 === 0 ? String(amount / 1000) : `${amount}m`;
  if (!isBytes(resource)) return String(amount);
  let unit = 0;
  let value = amount;
  while (value >= 1024 && unit < units.length - 1) {
    value /= 1024;
    unit++;
  }
  return `${Number.isInteger(value) ? value : value.toFixed(1)}${units[unit]}`;
}

/** The same without rounding, for programs and for commands: a quantity as Kubernetes reads it. */
export function quantityText(resource: string, amount: number): string {
  if (!isBytes(resource)) return amountText(resource, amount);
  let unit = 0;
  let value = amount;
  while (value > 0 && value % 1024 === 0 && unit < units.length - 1) {
    value /= 1024;
    unit++;
  }
  return `${value}${units[unit]}`;
}

function isBytes(resource: string): boolean {
  return resource === "memory" || resource === "ephemeral-storage" || resource.startsWith("hugepages-");
}
