import * as pulumi from "@pulumi/pulumi";
import {
  BridgeAgent,
  DaemonRestart,
  DockerDaemonIpv6,
  Host,
  Ipv6DnatMode,
  Ipv6DnatService,
  type OpenBmpListenMode,
  openBmp,
} from "wirework";

const config = new pulumi.Config();

const host = new Host("collector-host", {
  address: config.require("address"),
  user: config.get("user"),
  hostKey: config.require("hostKey"),
  privateKey: config.requireSecret("privateKey"),
});

const { container, service, notes } = openBmp({
  apiHost: config.get("apiHost"),
  listenMode: config.get<OpenBmpListenMode>("listenMode"),
  mode: config.get<Ipv6DnatMode>("mode"),
});

// Docker's own proxy needs no IPv6 in Docker; every other way needs it on the default bridge.
const proxied = service.mode === Ipv6DnatMode.Proxy;
const daemon = proxied
  ? undefined
  : new DockerDaemonIpv6("ipv6", {
      host: host.ref,
      fixedCidrV6: "fc00:172:17:0:0::/64",
      // That stops all containers of the host for a moment: said by hand.
      restart: config.getBoolean("mayRestartDocker") ? DaemonRestart.Allow : DaemonRestart.Never,
    });

const collector = new BridgeAgent(
  "openbmp_aio",
  { ...container, host: host.ref, image: config.get("image") ?? container.image },
  { dependsOn: daemon ?? [] },
);
for (const note of notes) pulumi.log.warn(note, collector);

const bmp = new Ipv6DnatService("bmp", {
  ...service,
  host: host.ref,
  container: collector.containerName,
  ...(!proxied && { link: config.get("uplink") ?? "eth0" }),
});

export const verified = bmp.verification;
export const docker = daemon?.result;
