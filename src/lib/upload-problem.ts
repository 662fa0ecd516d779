/** What is sent is none of what can be built. */
export class UploadProblem extends Error {
  override readonly name = "UploadProblem";
}
