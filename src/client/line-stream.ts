/** Splits a stream of bytes into lines of text. */

/** Yields each line without its line feed; a last line without one is yielded too. */
export async function* linesOf(
  chunks: AsyncIterable<Uint8Array>,
  lineMaxBytes: number,
): AsyncGenerator<string> {
  let parts: Uint8Array[] = [];
  let size = 0;
  const take = (last: Uint8Array): string => {
    const line = parts.length === 0 ? Buffer.from(last) : Buffer.concat([...parts, last]);
    parts = [];
    size = 0;
    return line.toString("utf8");
  };
  for await (const chunk of chunks) {
    let start = 0;
    for (let end = chunk.indexOf(10); end >= 0; end = chunk.indexOf(10, start)) {
      if (size + end - start > lineMaxBytes) throw tooLong(lineMaxBytes);
      yield take(chunk.subarray(start, end));
      start = end + 1;
    }
    size += chunk.length - start;
    if (size > lineMaxBytes) throw tooLong(lineMaxBytes);
    if (start < chunk.length) parts.push(chunk.subarray(start));
  }
  if (size > 0) yield take(new Uint8Array());
}

function tooLong(lineMaxBytes: number): Error {
  return new Error(`a line is longer than ${lineMaxBytes} bytes`);
}
