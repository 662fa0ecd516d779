/**
 * The dictionary with which SPDY/3 compresses headers, deflated. It is a constant of the protocol:
 * https://www.chromium.org/spdy/spdy-protocol/spdy-protocol-draft3-1/ (2.6.10.1).
 */

import { inflateRawSync } from "node:zlib";

const deflated = [
  "ZVTbcts2ENXUspRJk7RJfgDPLRmDJOg4nfGDe3HrdNxkGnf6DIErCjEIICCoS76+u6DkKu2MJB4c7OXshZpMJnPno3a2n0wm0xXI",
  "hp7e9RGfJ36gx6wBAxEQncYgFYGZVAo8XT4bUa5WMvRAzDd7BqxyjbbtEWWkbQfZUoSneyogBZT8ZORPpTFukwyGuHJBf5Ykjwgl",
  "1Qpy5WwMziDxGKEFtb9+QhdgY76QPQX69nA+0vHAHQl59sCBbePqCyunDsm/PnBdUyct+2OSf5w97jydp41MHZtClJR5BluPUhHN",
  "EemQSp4ug+tS38d+P9LLvJNRkYjnhFH3UkOT99qmtj9F0joLD1bkcZDwEvFg/+9jZB8fQpHPUVlPOrnNly5sZGhI0cwH2XYS0Qsf",
  "3HaX0xCwLK3Gcl7+yx6P5vSgYR5gCQECdSxADGi6jOk46yGsE/oqRZrjKmmTiOcIbY9+x6OaD74NsiHTxwP65jgtS02armXY0b6s",
  "Nemco3S7n+5ms/mv4FkHKJXKPmnTds76KOOQai05Z+9+pxgorB8refTb3d37s+JVQR5DMKknw8JoRUJwwXH/3L1Osu4BfC6NXqdE",
  "2I9W24LzghclfcqS1yU/rziveFnxquKi4nVFzGvBS8Frwc8F4QvB34iCi6IQRSmKShRCFLUozkXxuuZlzUVNoSr2h7P51dh7rAIT",
  "sxuL0+vSHEou0ID9NC5ixQt269bQsPeABhYpsxNY8Y+yYX/CpwH6KNDmL3sYJjQCU1y7sNBNA1akcBGJwTY1Ot5g3GClYR/SJNkv",
  "IbhQYwiyuum8gQ6TANpWyUQroOhrHLNcGHgrLbuGBbuVgV35gM8deztY/Bp2NbTo4iN7pyKGW7OfQTHOf0gfLMNm7G6AjP0NDaLV",
  "kLHroDP2QUb8GfD219s7tRrsPd5H2MazVexMpjvcmTNv2z366A+o1ctMem/0+CKcbdH6izP5f09siuaN1HaEH7GeXgXtYzauhQ96",
  "jatG7xFGvmw/a581sDTIZX2jVvv/xcshLvOLw0H3Lr+4qN/kRUZ89l0G9tMlf/UP",
];

export const spdyDictionary = inflateRawSync(Buffer.from(deflated.join(""), "base64"));
