/** How a Python app is served: its WSGI or ASGI object is looked for where frameworks put it. */

import type { SourceTree } from "../../source-tree.ts";

export interface PythonApp {
  readonly command: string;
  /** For the sentence that explains the build. */
  readonly from: string;
  readonly isDjango?: boolean | undefined;
}

const usualNames = ["app.py", "main.py", "wsgi.py", "asgi.py", "application.py", "server.py", "run.py"];

const wsgi = "python -m gunicorn --bind 0.0.0.0:$PORT --access-logfile -";
const asgi = "python -m uvicorn --host 0.0.0.0 --port $PORT --proxy-headers --forwarded-allow-ips '*'";

interface Pattern {
  readonly kind: string;
  readonly server: string;
  readonly find: RegExp;
  /** The object is what the function returns. */
  readonly factory?: boolean;
}

const patterns: readonly Pattern[] = [
  { kind: "Flask", server: wsgi, find: /^(\w+)(?:\s*:\s*[\w.]+)?\s*=\s*(?:flask\.)?Flask\(/m },
  {
    kind: "FastAPI",
    server: asgi,
    find: /^(\w+)(?:\s*:\s*[\w.]+)?\s*=\s*(?:fastapi\.)?FastAPI\(/m,
  },
  { kind: "ASGI", server: asgi, find: /^(\w+)\s*=\s*(?:\w+\.)?(?:Starlette|Quart|Litestar)\(/m },
  { kind: "Flask", server: wsgi, find: /^def (create_app)\(/m, factory: true },
  { kind: "WSGI", server: wsgi, find: /^(\w+)\s*=\s*(?:get_wsgi_application|Bottle|bottle\.Bottle)\(/m },
  { kind: "ASGI", server: asgi, find: /^async def (\w+)\(\s*scope\b/m },
  { kind: "WSGI", server: wsgi, find: /^def (\w+)\(\s*environ\b/m },
];

export function findPythonApp(tree: SourceTree): PythonApp | undefined {
  if (tree.paths.has("manage.py")) {
    const django = findDjango(tree);
    if (django !== undefined) return django;
  }
  const files = [...usualNames, ...[...tree.paths].filter((path) => /^[A-Za-z_]\w*\.py$/.test(path)).sort()];
  for (const file of files) {
    const text = tree.text(file);
    for (const { kind, server, find, factory = false } of text === undefined ? [] : patterns) {
      const object = find.exec(text ?? "")?.[1];
      if (object === undefined) continue;
      const name = `${file.replace(/\.py$/, "")}:${object}`;
      if (!factory) return { command: `${server} ${name}`, from: `${kind} app ${name}` };
      return { command: `${server} '${name}()'`, from: `${kind} app ${name}()` };
    }
  }
  const script = ["main.py", "app.py", "server.py"].find((name) => tree.paths.has(name));
  return script === undefined ? undefined : { command: `python ${script}`, from: script };
}

function findDjango(tree: SourceTree): PythonApp | undefined {
  const settings = /DJANGO_SETTINGS_MODULE["'],\s*["']([\w.]+)\.settings/.exec(tree.text("manage.py") ?? "");
  const named = settings?.[1]?.replaceAll(".", "/");
  for (const [file, server] of [
    ["wsgi.py", wsgi],
    ["asgi.py", asgi],
  ] as const) {
    const paths = [...tree.paths].filter((path) => path.endsWith(`/${file}`)).sort();
    const path = paths.find((each) => each === `${named}/${file}`) ?? paths[0];
    if (path === undefined) continue;
    const name = `${path.replace(/\.py$/, "").replaceAll("/", ".")}:application`;
    return { command: `${server} ${name}`, from: `Django app ${name}`, isDjango: true };
  }
  return undefined;
}
