/** The unit by which systemd starts a platform at boot. Pure. */

export interface UnitOptions {
  /** The program `nagi`. */
  readonly program: string;
  readonly dataDir: string;
}

/** The machine's programs, whatever shell it is installed from. */
const systemPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/** Making base images at the first start takes a while. */
const startMaxSeconds = 900;
const stopMaxSeconds = 60;

/**
 * Stopping the unit stops Nagi alone: containers, HAProxy and the rest are processes of their own, which go on and are
 * adopted by the next start (`nagi down` ends them).
 */
export function serviceUnit({ program, dataDir }: UnitOptions): string {
  return `[Unit]
Description=Nagi, a platform as a service (${escaped(dataDir)})
Wants=network-online.target
After=network-online.target local-fs.target time-sync.target
RequiresMountsFor=${quoted(dataDir)}
StartLimitIntervalSec=0

[Service]
Type=notify
NotifyAccess=all
ExecStart=${quoted(program)} up --no-detach --data-dir ${quoted(dataDir)}
Environment=PATH=${systemPath}
KillMode=process
Delegate=yes
Restart=always
RestartSec=2
TimeoutStartSec=${startMaxSeconds}
TimeoutStopSec=${stopMaxSeconds}
OOMScoreAdjust=-999
OOMPolicy=continue
LimitNOFILE=1048576
TasksMax=infinity

[Install]
WantedBy=multi-user.target
`;
}

function escaped(text: string): string {
  return text.replaceAll("%", "%%");
}

/** As systemd reads words: a dollar sign begins a variable, a percent sign a specifier. */
function quoted(text: string): string {
  const safe = escaped(text).replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("$", "$$$$");
  return /[\s"'\\]/.test(text) ? `"${safe}"` : safe;
}
