// POST adds a line to the guest book, GET shows all of them. They are kept in PostgreSQL.
import { createServer } from "node:http";
import pg from "pg";

const pool = new pg.Pool({ connectionString: process.env.DATABASE_URL });
await pool.query("create table if not exists lines (id serial primary key, line text not null)");

const server = createServer(async (request, response) => {
  try {
    if (request.method === "POST") {
      let line = "";
      for await (const chunk of request) line += chunk;
      await pool.query("insert into lines (line) values ($1)", [line]);
      response.writeHead(201).end();
    } else {
      const { rows } = await pool.query("select line from lines order by id");
      response.end(rows.map(({ line }) => `${line}\n`).join(""));
    }
  } catch (error) {
    response.writeHead(500).end(`${error.message}\n`);
  }
}).listen(process.env.PORT);

// What is under way is answered, then the app ends.
process.on("SIGTERM", () => server.close(() => pool.end()));
