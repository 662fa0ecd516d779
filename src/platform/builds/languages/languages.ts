/** The languages, in the order in which a source is held against them. */

import { go } from "./go/go.ts";
import { java } from "./java/java.ts";
import type { Language } from "./language.ts";
import { nodejs } from "./nodejs/nodejs.ts";
import { php } from "./php/php.ts";
import { procfile } from "./procfile/procfile.ts";
import { python } from "./python/python.ts";
import { ruby } from "./ruby/ruby.ts";
import { staticSite } from "./static/static.ts";

export const languages: readonly Language[] = [nodejs, python, ruby, php, go, java, staticSite, procfile];
