import { expect, it } from "vitest";
import { serviceUnit } from "./service-unit.ts";

it("starts this program with this data directory, and leaves apps alone when it is stopped", () => {
  const unit = serviceUnit({
    program: "/opt/nagi/bin/nagi",
    dataDir: "/var/lib/nagi",
  });
  expect(unit).toContain("\nExecStart=/opt/nagi/bin/nagi up --no-detach --data-dir /var/lib/nagi\n");
  expect(unit).toContain("\nRequiresMountsFor=/var/lib/nagi\n");
  expect(unit).toContain("\nKillMode=process\n");
  expect(unit).toContain("\nWantedBy=multi-user.target\n");
});

it("quotes what systemd would read otherwise", () => {
  const unit = serviceUnit({ program: "/opt/my nagi/nagi", dataDir: '/srv/100%/$HOME "x"' });
  expect(unit).toContain(
    'ExecStart="/opt/my nagi/nagi" up --no-detach --data-dir "/srv/100%%/$$HOME \\"x\\""',
  );
});
