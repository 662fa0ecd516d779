import { serviceCommand } from "../addons/service-command.ts";

export const command = serviceCommand({
  name: "mariadb",
  service: "mariadb",
  title: "MariaDB",
  shell: "cli",
  actions: ["ps", "kill"],
});
