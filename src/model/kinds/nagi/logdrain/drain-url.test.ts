import { expect, test } from "vitest";
import { checkDrainUrl, parseDrainUrl } from "./drain-url.ts";

test.each([
  ["syslog+tls://logs.example.com", "logs.example.com", 6514],
  ["syslog+tls://logs.example.com:443", "logs.example.com", 443],
  ["syslog://10.0.0.1", "10.0.0.1", 514],
  ["syslog://10.0.0.1:80", "10.0.0.1", 80],
  ["syslog://[::1]:1514/", "::1", 1514],
  ["https://in.example.com/v1/logs?key=a", "in.example.com", 443],
  ["http://localhost:8080", "localhost", 8080],
])("%s leads to %s, port %i", (text, host, port) => {
  expect(parseDrainUrl(text)).toMatchObject({ host, port });
  expect(checkDrainUrl(text)).toBeUndefined();
});

test.each([
  "logs.example.com:514",
  "ftp://a",
  "syslog://",
  "syslog://a/path",
  "https://me:pw@a/",
  "syslog+udp://a",
  "syslog://a:99999",
])("%s leads nowhere", (text) => {
  expect(checkDrainUrl(text)).toMatch(/^must be an address such as /);
});
