/** The answer to a request, whose errors have somebody who listens for as long as it lives. */

import type { ClientRequest, IncomingMessage } from "node:http";

export interface AnswerOptions {
  /** Without a byte in either direction that was waited for. */
  readonly silenceMaxMs: number;
}

/**
 * Rejects with what is wrong before there is an answer; what is wrong afterwards is an error of the answer's, for whoever
 * reads it. The request ends with the answer: a server that refuses one may never read the rest of it.
 */
export async function answerOf(
  request: ClientRequest,
  { silenceMaxMs }: AnswerOptions,
): Promise<IncomingMessage> {
  let answer: IncomingMessage | undefined;
  return await new Promise<IncomingMessage>((resolve, reject) => {
    request.on("error", (error) => {
      if (answer === undefined) reject(error);
      // A complete one says more than that the server hung up.
      else if (!answer.complete) answer.destroy(error);
    });
    request.once("socket", (socket) => {
      socket.setTimeout(silenceMaxMs);
      socket.on("timeout", () => {
        // The server waits for the one who reads.
        if ((answer?.readableLength ?? 0) > 0) socket.setTimeout(silenceMaxMs);
        else request.destroy(new Error(`no byte for ${silenceMaxMs / 1000} s`));
      });
    });
    request.once("response", (given) => {
      answer = given;
      // Its reader may not be there yet; he is told all the same.
      answer.on("error", () => undefined);
      answer.once("end", () => request.destroy());
      resolve(answer);
    });
  });
}
