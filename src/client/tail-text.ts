/** The end of a stream of text. */
export async function tailText(stream: AsyncIterable<Uint8Array>, maxBytes: number): Promise<string> {
  let kept = Buffer.alloc(0);
  for await (const chunk of stream) {
    kept = Buffer.concat([kept, chunk]);
    // Twice as much is cut at a time, so that a long stream is not copied with every chunk.
    if (kept.length > 2 * maxBytes) kept = kept.subarray(-maxBytes);
  }
  const text = kept.subarray(-maxBytes).toString("utf8");
  if (kept.length <= maxBytes) return text;
  return `...\n${text.slice(text.indexOf("\n") + 1)}`;
}
