/** Answers that are written only as fast as they are read. */

import type { ServerResponse } from "node:http";

/** Until the client has read on, or is gone. */
export function drained(response: ServerResponse): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      response.off("drain", done).off("close", done);
      resolve();
    };
    response.on("drain", done).on("close", done);
    // A write after the close says that it must drain, too.
    if (response.closed || !response.writableNeedDrain) done();
  });
}
