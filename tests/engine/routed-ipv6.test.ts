import { strict as assert } from "node:assert";
import { LabImage } from "../lab/images";
import { assertComes } from "../lab/until";
import { assertSettled, assertTakenBack, clientSeen, exampleOn } from "./support";
import { type TwoUplinks, twoUplinks } from "./two-uplinks";

/** Its service tells each client the address that it sees. */
const example = (place: TwoUplinks, name: string, values: Readonly<Record<string, string>>) =>
  exampleOn(place, name, { image: LabImage.addressEcho, port: "7000", uplink: "eth1", ...values });

// Another container takes an address while the service is stopped.
const MOVE = `
docker stop -t 1 mail >/dev/null
docker run -d --name other --network block ${LabImage.addressEcho} >/dev/null
docker start mail >/dev/null`;

describe("native IPv6", function () {
  this.timeout(500_000);

  for (const debian of ["12", "13t"] as const) {
    it(`of a routed prefix and of one on the link reaches containers on Debian ${debian}, through every event, and goes without a trace`, async () => {
      const place = await twoUplinks(debian);
      const { host, lan, far } = place;
      await lan.exec("gateway", "ip route replace 2001:db8:1::/56 via fd00:9::10");
      const back = (await far.exec(`ip -6 route show dev to-${lan.name} | sed -n 's/.* via \\([^ ]*\\).*/\\1/p'`))
        .stdout;
      await far.exec(`ip route replace 2001:db8:1::/56 via ${back.split("\n")[0]}`);
      const routed = await example(place, "ipv6-routed-prefix", { target: far.address6 });
      const onLink = await example(place, "ipv6-on-link-provider", {
        prefix: "fd00:9::f0/124",
        subnet: "fd00:9::f8/125",
      });

      const addressOf = async (name: string) =>
        (
          await host.exec(
            `docker inspect --format '{{range .NetworkSettings.Networks}}{{.GlobalIPv6Address}}{{end}}' ${name}`,
          )
        ).stdout.trim();
      const asks = (address: string) => clientSeen((command) => far.exec(command, { check: false }), address, 7000);
      const own = (await far.exec("ip -6 -o address show scope global")).stdout;
      const client = async (name: string) => {
        const seen = await asks(await addressOf(name));
        return own.includes(` ${seen}/`) ? "the far client" : seen;
      };
      const served = (event: string) =>
        assertComes(`whom web and mail see after ${event}`, 30_000, ["the far client", "the far client"], async () => [
          await client("web"),
          await client("mail"),
        ]);

      await routed.up();
      await onLink.up();
      const { verified } = (await onLink.outputs()) as { verified: string };
      assert.match(verified, /^neighbours on eth1 are answered for fd00:9::f[a-f]$/m);
      await served("the update");
      await assertSettled(onLink);
      await assertSettled(routed);

      const before = await addressOf("mail");
      await host.exec(MOVE);
      assert.notEqual(await addressOf("mail"), before);
      await served("a move");
      await lan.exec("gateway", "ip -6 neigh flush dev lan0"); // it may go by what it heard before
      assert.match(await asks(await addressOf("other")), /^nobody/, "of the block, only what is declared is reached");
      await host.exec("docker rm -f other");
      await host.exec("systemctl reset-failed docker; systemctl restart docker");
      await served("a restart of Docker");
      await host.exec("ip link set eth1 down; ip link set eth1 up; ip address replace fd00:9::10/64 dev eth1 nodad");
      await host.exec("ip route replace default via 192.168.9.1; ip -6 route replace default via fd00:9::1");
      await served("a link that went down");
      await host.reboot();
      await served("a reboot");
      await assertSettled(onLink);

      await onLink.destroy();
      onLink.dispose();
      await assertTakenBack(routed, place);
      await lan.exec("gateway", "ip route del 2001:db8:1::/56");
    });
  }
});
