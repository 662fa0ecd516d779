/** What Podman answers while images and containers come and go on the machine, whosever they are; asked again, it answers right. */

import { setTimeout } from "node:timers/promises";
import { isEngineError } from "./engine-transport.ts";

/** A tar stream, or what opens it, so that the build can begin anew. */
export type BuildContext = AsyncIterable<unknown> | (() => AsyncIterable<unknown>);

const maxBuilds = 3;
const maxQuestions = 10;
const pauseMs = 200;

/** Looking for steps to reuse, Podman reads all images of the machine, and fails when one of them is removed at that moment. */
const missedImage = /checking if cached image exists.*(?:layer|image) not known/;
/** Podman names an image before it has written all of it. */
const halfWrittenImage = /locating item named .* file does not exist/;
/** Listing the containers of builds, Podman looks at each, and fails when one has gone since. */
const goneContainer = /determining buildah container .* container not known/;

/** `build` begins anew when images that it looked through are removed, if its context can be opened again. */
export async function* whileImagesGo<T>(
  context: BuildContext,
  build: (context: AsyncIterable<unknown>) => AsyncIterable<T>,
): AsyncGenerator<T> {
  if (typeof context !== "function") return yield* build(context);
  for (let attempt = 1; ; attempt++) {
    try {
      return yield* build(context());
    } catch (error) {
      if (attempt === maxBuilds || !isEngineError(error) || !missedImage.test(error.message)) throw error;
    }
  }
}

/** `inspect` is asked again while the image is being written, for two seconds at most. */
export function onceWritten<T>(inspect: () => Promise<T>): Promise<T> {
  return askedAgain(inspect, halfWrittenImage);
}

/** `list` is asked again while the builds of others end, for two seconds at most. */
export function whileContainersGo<T>(list: () => Promise<T>): Promise<T> {
  return askedAgain(list, goneContainer);
}

async function askedAgain<T>(ask: () => Promise<T>, fault: RegExp): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await ask();
    } catch (error) {
      const isPassing = isEngineError(error) && fault.test(error.message);
      if (attempt === maxQuestions || !isPassing) throw error;
      await setTimeout(pauseMs);
    }
  }
}
