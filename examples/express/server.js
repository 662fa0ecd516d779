import express from "express";

const app = express();

app.get("/", (_request, response) => response.type("text").send("Hello from Express\n"));

app.listen(process.env.PORT ?? 8080);
