import { strict as assert } from "node:assert";
import { countCases } from "../cases";
import { assertTakenBack, changes, onHost, site, stackOn } from "../engine/support";

const COUNT = 50;
/** Each is facts alone, of one Command, and waits for nobody but the host; the addresses are nobody's. */
const proxies = (attempts: number, count = COUNT) =>
  onHost(
    `
import { NdpProxy } from "wirework";
for (let index = 0; index < ${count}; index++) {
  const address = "2001:db8:1::" + (0x1000 + index).toString(16);
  new NdpProxy("proxy" + index, { host: host.ref, uplink: "eth1", prefix: "2001:db8:1::/64", addresses: [address] });
}`,
    `dialAttempts: ${attempts}`,
  );

const LIMIT = "/etc/ssh/sshd_config.d/limit.conf";
/** Ten who do not log in: from now on sshd drops everybody, and dials are counted, until they go. */
const BUSY = `setsid sh -c 'for i in 1 2 3 4 5 6 7 8 9 10; do sleep 300 | busybox nc 127.0.0.1 22 & done; wait' >/dev/null 2>&1 </dev/null & echo $! >/run/busy
until [ "$(ss -Htn state established 'sport = :22 and src 127.0.0.1' | wc -l)" = 10 ]; do sleep 0.1; done
nft 'add table inet busy; add chain inet busy in { type filter hook input priority 0; }; add rule inet busy in iif eth0 tcp dport 22 tcp flags syn / syn,ack counter'`;
const DIALS = "nft list table inet busy | sed -n 's/.*packets \\([0-9]*\\) .*/\\1/p'";
const FREE = "kill -- -$(cat /run/busy); rm /run/busy; nft delete table inet busy";

describe("an sshd that takes ten logins at once", function () {
  this.timeout(400_000);

  it("and drops the rest is dialled again by each of fifty resources; too few attempts are an error, not half a set", async function () {
    const place = await site("13");
    const { host } = place;
    const made = async () => Number((await host.exec("ip -6 neighbour show proxy dev eth1 | wc -l")).stdout);
    const flags = ["--parallel", String(COUNT)];
    /** Runs while sshd is busy, until as many dials as there are resources have come to nothing. */
    const whileBusy = async (run: () => Promise<unknown>) => {
      await host.exec(BUSY);
      await host.exec(
        `(until [ "$(${DIALS})" -ge ${COUNT} ]; do sleep 0.1; done; ${FREE}) >/dev/null 2>&1 </dev/null &`,
      );
      await run();
      assert.equal((await host.exec("ls /run/busy", { check: false })).stdout, "", "sshd was not dialled as often");
    };
    await host.exec(`echo 'MaxStartups 10:100:10' >${LIMIT} && systemctl reload ssh`);
    const stack = await stackOn(place, "");
    stack.change(proxies(20, 0));
    await stack.up();

    stack.change(proxies(20));
    await whileBusy(() => stack.up({ flags }));
    assert.equal(await made(), COUNT);
    assert.deepEqual(changes(await stack.preview()), []);

    stack.change(proxies(1));
    await host.exec(BUSY);
    const failed = await stack.up({ flags, check: false });
    await host.exec(FREE);
    assert.notEqual(failed.code, 0);
    assert.match(failed.stdout, /after 1 failed attempts/);
    assert.equal(await made(), COUNT);

    stack.change(proxies(20));
    await stack.up({ flags });
    await host.exec(`rm ${LIMIT} && systemctl reload ssh`);
    await assertTakenBack(stack, place);
    countCases(this, COUNT + 1);
  });
});
