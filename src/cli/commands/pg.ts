import { serviceCommand } from "../addons/service-command.ts";

export const command = serviceCommand({
  name: "pg",
  service: "postgresql",
  title: "PostgreSQL",
  shell: "psql",
  actions: ["ps", "kill"],
});
