/** JSON lines, one event a line: a static message and fields. Children carry what stays the same. */

export type LogLevel = "debug" | "info" | "warn" | "error";
export type LogFields = Readonly<Record<string, unknown>>;

export interface Logger {
  debug(message: string, fields?: LogFields): void;
  info(message: string, fields?: LogFields): void;
  /** Something is wrong that Nagi goes on in spite of. */
  warn(message: string, fields?: LogFields): void;
  /** A fault of Nagi itself. A user's mistake is a condition or an event, logged at info. */
  error(message: string, fields?: LogFields): void;
  child(fields: LogFields): Logger;
}

const levels: Readonly<Record<LogLevel, number>> = { debug: 0, info: 1, warn: 2, error: 3 };

export interface LogOptions {
  readonly level: LogLevel;
  /** Takes one line, with its line feed. */
  readonly write: (line: string) => void;
  readonly now?: (() => number) | undefined;
}

export function createLogger(options: LogOptions, bound: LogFields = {}): Logger {
  const now = options.now ?? Date.now;
  const at = (level: LogLevel) => (message: string, fields?: LogFields) => {
    if (levels[level] < levels[options.level]) return;
    const time = new Date(now()).toISOString();
    options.write(`${JSON.stringify({ time, level, message, ...bound, ...fields }, plainErrors)}\n`);
  };
  return {
    debug: at("debug"),
    info: at("info"),
    warn: at("warn"),
    error: at("error"),
    child: (fields) => createLogger(options, { ...bound, ...fields }),
  };
}

export const silentLogger: Logger = createLogger({ level: "error", write: () => undefined });

function plainErrors(_key: string, value: unknown): unknown {
  if (!(value instanceof Error)) return value;
  const cause = value.cause instanceof Error ? { cause: value.cause.message } : {};
  return { name: value.name, message: value.message, stack: value.stack, ...cause };
}
