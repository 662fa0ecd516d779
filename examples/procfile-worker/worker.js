const everyMs = Number(process.env.WORK_EVERY_MS ?? 5000);
let jobs = 0;

setInterval(() => {
  jobs += 1;
  console.log(`job ${jobs} done`);
}, everyMs);

process.on("SIGTERM", () => {
  console.log(`stopping after ${jobs} jobs`);
  process.exit(0);
});
