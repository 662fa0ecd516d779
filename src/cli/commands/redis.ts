import { serviceCommand } from "../addons/service-command.ts";

export const command = serviceCommand({
  name: "redis",
  service: "redis",
  title: "Redis",
  shell: "cli",
  actions: [],
});
