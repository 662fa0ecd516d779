/** A text that is served at a path of its own. */
export interface Document {
  readonly contentType: string;
  readonly text: string;
  /** Changes when the text does. */
  readonly etag?: string | undefined;
}
