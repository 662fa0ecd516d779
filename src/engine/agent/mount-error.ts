/** A volume that cannot be made until somebody changes something. */
export class MountError extends Error {
  override readonly name = "MountError";
}
