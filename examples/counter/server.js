// Counts the visits of each path, in Redis.
import { createServer } from "node:http";
import { createClient } from "redis";

const redis = createClient({ url: process.env.REDIS_URL });
redis.on("error", (error) => console.error(error.message));
await redis.connect();

createServer(async (request, response) => {
  try {
    response.end(`${await redis.incr(`visits:${request.url}`)}\n`);
  } catch (error) {
    response.writeHead(500).end(`${error.message}\n`);
  }
}).listen(process.env.PORT);
