/** Who asks. */
export interface UserInfo {
  readonly username: string;
  readonly groups: readonly string[];
  readonly uid?: string | undefined;
}
