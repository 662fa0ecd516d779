import express from "express";

const app = express();

app.get("/", (_request, response) => response.type("text").send("Hello from Express\n"));

const server = app.listen(process.env.PORT ?? 8080);

// Asked to end, it answers what it has begun, and ends.
process.on("SIGTERM", () => server.close(() => process.exit(0)));
