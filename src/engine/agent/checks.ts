/** The ways to ask a container something: over HTTP, TCP, or by a command in it. For probes and hooks. */

import { request as httpRequest } from "node:http";
import { request as httpsRequest } from "node:https";
import { connect } from "node:net";
import { isEngineError } from "../../lib/container-engine/engine-transport.ts";
import type { Container } from "../../model/kinds/core/pod/container.ts";
import { dialText, type CheckResult, type CheckTarget } from "./check-target.ts";
import type { LifecycleHandler, Probe } from "../../model/kinds/core/pod/probe.ts";

type HttpGet = NonNullable<Probe["httpGet"]>;

const ok: CheckResult = { ok: true, message: "" };
const failed = (message: string): CheckResult => ({ ok: false, message });

/** Of a probe or hook; one that names nothing holds. */
export async function check(action: Probe | LifecycleHandler, target: CheckTarget): Promise<CheckResult> {
  const { exec, httpGet, tcpSocket } = action;
  if (exec !== undefined) return checkExec(exec.command ?? [], target);
  if (httpGet !== undefined) return checkHttp(httpGet, target);
  if (tcpSocket !== undefined) return checkTcp(tcpSocket, target);
  if ("grpc" in action && action.grpc !== undefined) {
    const { checkGrpc } = await import("./check-grpc.ts");
    return checkGrpc(action.grpc, target);
  }
  return ok;
}

/** The number of a port that may be named; undefined when the container has no such port. */
export function portNumber(port: string | number, container: Container): number | undefined {
  if (typeof port === "number") return port;
  if (/^\d+$/.test(port)) return Number(port);
  return container.ports?.find(({ name }) => name === port)?.containerPort;
}

async function checkExec(command: readonly string[], target: CheckTarget): Promise<CheckResult> {
  const { timeoutMs } = target;
  const text = JSON.stringify(command.join(" "));
  const running = runCommand(command, target);
  const { promise: late, resolve } = Promise.withResolvers<CheckResult>();
  const timer = setTimeout(() => {
    const goesOn = running.then(
      () => undefined,
      () => undefined,
    );
    resolve({ ...failed(`command ${text} timed out`), goesOn });
  }, timeoutMs);
  return await Promise.race([running, late]).finally(() => clearTimeout(timer));
}

async function runCommand(command: readonly string[], target: CheckTarget): Promise<CheckResult> {
  const { engine, containerId, outputMaxBytes, signal } = target;
  try {
    const run = { command, maxOutputBytes: outputMaxBytes, signal };
    const { exitCode, output } = await engine.exec(containerId, run);
    if (exitCode === 0) return ok;
    const ended = `command ${JSON.stringify(command.join(" "))} ended with exit code ${exitCode}`;
    return failed(output.trim() === "" ? ended : `${ended}: ${output.trim()}`);
  } catch (error) {
    if (isEngineError(error)) return failed(error.message);
    throw error;
  }
}

function checkHttp(action: HttpGet, target: CheckTarget): Promise<CheckResult> {
  const port = portNumber(action.port, target.container);
  if (port === undefined) return Promise.resolve(failed(`couldn't find port: ${action.port}`));
  const { scheme = "HTTP", path = "/", httpHeaders = [] } = action;
  const host = action.host ?? target.address;
  const url = `${scheme.toLowerCase()}://${host}:${port}${path.startsWith("/") ? path : `/${path}`}`;
  const given = httpHeaders.map(({ name, value }) => [name, value] as const);
  const headers = {
    "User-Agent": "kube-probe/1.32",
    Accept: "*/*",
    Connection: "close",
    ...Object.fromEntries(given),
  };
  const { timeoutMs, signal } = target;
  const { promise, resolve } = Promise.withResolvers<CheckResult>();
  const wrong = (what: string): void => resolve(failed(`Get ${JSON.stringify(url)}: ${what}`));
  const send = scheme === "HTTPS" ? httpsRequest : httpRequest;
  // Probes ask whether the app answers, not whether its certificate is good.
  const request = send(url, { headers, agent: false, signal, rejectUnauthorized: false }, (response) => {
    const { statusCode = 0 } = response;
    response.destroy();
    const good = statusCode >= 200 && statusCode < 400;
    const asked = `Get ${JSON.stringify(url)}`;
    resolve(good ? ok : failed(`HTTP probe failed with statuscode: ${statusCode} (${asked})`));
  });
  const timer = setTimeout(() => {
    wrong("context deadline exceeded (Client.Timeout exceeded while awaiting headers)");
    request.destroy();
  }, timeoutMs);
  request.on("error", (error: NodeJS.ErrnoException) => wrong(dialText(error, host, port)));
  request.end();
  return promise.finally(() => clearTimeout(timer));
}

function checkTcp(action: NonNullable<Probe["tcpSocket"]>, target: CheckTarget): Promise<CheckResult> {
  const port = portNumber(action.port, target.container);
  if (port === undefined) return Promise.resolve(failed(`couldn't find port: ${action.port}`));
  const host = action.host ?? target.address;
  const { promise, resolve } = Promise.withResolvers<CheckResult>();
  const socket = connect({ host, port });
  socket.once("connect", () => resolve(ok));
  socket.once("error", (error: NodeJS.ErrnoException) => resolve(failed(dialText(error, host, port))));
  const timer = setTimeout(() => resolve(failed(`dial tcp ${host}:${port}: i/o timeout`)), target.timeoutMs);
  return promise.finally(() => {
    clearTimeout(timer);
    socket.destroy();
  });
}
