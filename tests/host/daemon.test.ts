import { strict as assert } from "node:assert";
import { countCases } from "../cases";
import { faulty, plain, withFaults } from "./faults";
import { assertSame, inSandbox, type Sandbox, stdin } from "./support";
import { OTHER } from "./sweep";

// Stands for Docker: it reads its file when it starts, refuses to start with what a real one refuses, and knows its containers.
const DOCKERD = `#!/bin/bash
case " $* " in
  *" --version "*) echo "Docker version $(cat /run/docker-version), build abc"; exit ;;
  *" --help "*) printf '      --ipv6   x\\n      --fixed-cidr-v6 string  x\\n      --ip6tables  x\\n      --experimental  x\\n      --default-address-pool x\\n'; cat /run/docker-help 2>/dev/null; exit ;;
  *" --validate "*) printf '%s\\n' "$@" >/run/validated; ! grep -q refused /run/validated "\${@: -1}"; exit ;;
esac
echo $$ >/run/docker.pid
grep -q 2001:db8:bad /etc/docker/daemon.json && exit 1
cat /etc/docker/daemon.json >/run/docker-read 2>/dev/null || :
while :; do sleep 0.2; done`;
const DOCKER = `#!/bin/sh
readlink "/proc/$(cat /run/docker.pid)/exe" >/dev/null || { echo "Cannot connect to the Docker daemon" >&2; exit 1; }
case "$*" in
  version*) echo 20.10.24 ;;
  "ps --format"*) sed 's/^/K daemon stops /' /run/docker-ps ;;
  ps*) cat /run/docker-ps ;;
  "start "*) echo "$2" >>/run/docker-ps ;;
  info*) grep -q '"live-restore": *true' /run/docker-read && echo true || echo false ;;
  "network ls"*) echo bridge; sed 's/ .*//' /run/docker-networks 2>/dev/null ;;
  "network inspect"*'range .IPAM.Config}}K '*) sed 's/\\([^ ]*\\) \\(.*\\)/K daemon network \\2 \\1/' /run/docker-networks ;;
  "network inspect"*) echo true 172.17.0.0/16 $(sed -n 's/.*"fixed-cidr-v6": *"\\([^"]*\\)".*/\\1/p' /run/docker-read) ;;
esac`;
const SERVICE = `#!/bin/sh
kill "$(cat /run/docker.pid)" 2>/dev/null; while readlink "/proc/$(cat /run/docker.pid 2>/dev/null)/exe" >/dev/null; do sleep 0.1; done
grep -q always /run/docker-ps && echo always >/run/docker-ps || : >/run/docker-ps
rm -f /run/docker.pid; setsid dockerd </dev/null >/dev/null 2>&1 &
until [ -s /run/docker.pid ]; do sleep 0.05; done; sleep 0.1; readlink "/proc/$(cat /run/docker.pid)/exe" >/dev/null`;

const FACTS = ['daemon fixed-cidr-v6 "fc00:172:17::/64"', "daemon ipv6 true"];
const MAY = ["allow docker-restart", ...FACTS];
const FILE = "/etc/docker/daemon.json";

async function withDocker(test: (host: Sandbox) => Promise<void>, version = "20.10.24"): Promise<void> {
  await inSandbox(async (host) => {
    host.program("dockerd", DOCKERD);
    host.program("docker", DOCKER);
    await host.exec("cat >/etc/init.d/docker; chmod +x /etc/init.d/docker", SERVICE, true);
    await host.exec(`echo ${version} >/run/docker-version; : >/run/docker-ps; /etc/init.d/docker restart`, "", true);
    await host.exec("printf 'always\\nplain\\n' >/run/docker-ps", "", true);
    await test(host);
  });
}
const write = (host: Sandbox, text: string) => host.exec(`cat >${FILE}`, text, true);
const read = async (host: Sandbox) => (await host.exec(`cat ${FILE}`)).stdout;
const running = async (host: Sandbox) => (await host.exec("cat /run/docker.pid")).stdout;
const known = async (host: Sandbox) => (await host.exec("cat /run/docker-read")).stdout;

describe("Docker's configuration", () => {
  it("is staged, key by key, and Docker left alone, unless it may be restarted", () =>
    withDocker(async (host) => {
      const found = await host.snapshot();
      const pid = await running(host);
      const first = await host.apply(FACTS);
      assert.equal(first.code, 0, first.stderr);
      assert.match(first.stdout, /^\+ daemon ipv6 true$/m);
      assert.match(
        first.stdout,
        /^pending daemon .* \(Docker goes on without until it is restarted, which stops: always plain\)$/m,
      );
      assert.equal(await read(host), '{\n  "fixed-cidr-v6": "fc00:172:17::/64",\n  "ipv6": true\n}\n');
      assert.match((await host.apply(FACTS)).stdout, /^unchanged\npending/);
      assert.equal((await host.check(FACTS)).code, 0);
      assert.equal(await running(host), pid);

      const back = await host.remove(FACTS);
      assert.match(back.stdout, /^- daemon ipv6 true$/m);
      assert.doesNotMatch(back.stdout, /restart/, "Docker never read it");
      assert.equal((await host.exec("ls /run/wirework")).stdout.includes("daemon"), false);
      await host.apply(FACTS);
      const restarted = await host.apply(MAY);
      assert.equal(restarted.code, 0, restarted.stderr);
      assert.match(restarted.stdout, /^~ Docker is restarted, which stops for a moment: always plain$/m);
      assert.match(await known(host), /"ipv6": true/);
      assert.equal((await host.exec("cat /run/docker-ps")).stdout, "always\nplain\n", "what ran runs again");
      assert.equal((await host.apply(MAY)).stdout, "unchanged\n");
      await host.exec("sed -i '1a \"live-restore\": true,' /run/docker-read");
      assert.match(
        (await host.verb("stage", stdin(["daemon ipv6 true", FACTS[0].replace("17", "18")]))).stdout,
        /^pending .*until it is restarted\)$/m,
      );

      const removed = await host.remove(MAY);
      assert.equal(removed.code, 0, removed.stderr);
      assert.equal(await known(host), "");
      await host.exec("rm -f /run/docker-read");
      assertSame(await host.snapshot(), found.replace(/.*docker-read.*\n/g, ""));
    }));

  it("keeps what others have there byte by byte, also what they write meanwhile, and gives their values back", () =>
    withDocker(async (host) => {
      for (const [before, after] of [
        ['{"log-level": "warn"}', '{"log-level": "warn","fixed-cidr-v6": "fc00:172:17::/64","ipv6": true}'],
        [
          '{\n\t"labels" : ["a\\"}\\u00e9 \\\\", "b{"],\n\t"ipv6":  false ,\n\t"debug":true\n}\n\n',
          '{\n\t"labels" : ["a\\"}\\u00e9 \\\\", "b{"],\n\t"ipv6":  true ,\n\t"debug":true,\n\t"fixed-cidr-v6": "fc00:172:17::/64"\n}\n\n',
        ],
        ["{}\n", '{\n  "fixed-cidr-v6": "fc00:172:17::/64",\n  "ipv6": true\n}\n'],
        ["", '{\n  "fixed-cidr-v6": "fc00:172:17::/64",\n  "ipv6": true\n}\n'],
        [
          '{ "default-address-pools": [\n    {"base": "10.0.0.0/8", "size": 24}\n  ] }\n',
          '{ "default-address-pools": [\n    {"base": "10.0.0.0/8", "size": 24}\n  ], "fixed-cidr-v6": "fc00:172:17::/64", "ipv6": true }\n',
        ],
      ] as const) {
        await write(host, before);
        await host.exec(`chmod 640 ${FILE}; chown 0:1 ${FILE}`, "", true);
        const applied = await host.apply(FACTS);
        assert.equal(applied.code, 0, applied.stderr);
        assert.equal(await read(host), after);
        assert.equal((await host.exec(`stat -c '%a %u %g' ${FILE}`)).stdout, "640 0 1\n");
        await host.reboot();
        await host.exec("echo 20.10.24 >/run/docker-version");
        await host.remove(FACTS);
        assert.equal(await read(host), before);
      }
      await write(host, '{\n  "debug": true\n}\n');
      await host.apply(FACTS);
      await host.exec(`sed -i 's/"debug": true/"debug": false, "mtu": 1400/; s/"ipv6": true/"ipv6": false/' ${FILE}`);
      assert.match((await host.check(FACTS)).stdout, /^- daemon ipv6 true\n\+ daemon ipv6 false$/m);
      assert.match((await host.remove(FACTS)).stdout, /^kept daemon ipv6 false \(not the value that wirework set\)$/m);
      assert.equal(await read(host), '{\n  "debug": false, "mtu": 1400,\n  "ipv6": false\n}\n');
    }));

  it("is put back, and Docker started again, when Docker does not come back with it", () =>
    withDocker(async (host) => {
      await write(host, '{"debug": true}\n');
      await host.exec("/etc/init.d/docker restart; printf 'always\\nplain\\n' >/run/docker-ps", "", true);
      const failed = await host.apply([
        "allow docker-restart",
        "daemon ipv6 true",
        'daemon fixed-cidr-v6 "2001:db8:bad::/64"',
      ]);
      assert.equal(failed.code, 1);
      assert.match(failed.stderr, /taken back; the host is as before:\n.*Docker did not come back with the new/s);
      assert.equal(await read(host), '{"debug": true}\n');
      assert.equal(await known(host), '{"debug": true}\n');
      assert.equal((await host.exec("docker version; cat /run/docker-ps")).stdout, "20.10.24\nalways\nplain\n");
      assert.equal((await host.exec("ls /run/wirework")).stdout.includes("daemon"), false);
    }));

  for (const verb of ["apply", "remove"] as const) {
    it(`is as before or as declared, and Docker has read it, after the run that follows one killed at any step of ${verb}`, function () {
      this.timeout(300_000);
      return withDocker(async (host) => {
        const found = '{"debug": true}\n';
        const declared = '{"debug": true,"fixed-cidr-v6": "fc00:172:17::/64","ipv6": true}\n';
        await withFaults(host);
        await host.exec("mv /etc/init.d/docker /etc/init.d/docker.real", "", true);
        await host.exec("cat >/etc/init.d/docker; chmod +x /etc/init.d/docker", plain("/etc/init.d/docker.real"), true);
        await write(host, found);
        await host.exec("/etc/init.d/docker restart; printf 'always\\nplain\\n' >/run/docker-ps", "", true);
        const put = (goal: string) => (goal === declared ? host.apply(MAY) : host.remove(MAY));
        const [before, goal] = verb === "apply" ? [found, declared] : [declared, found];
        await put(before);
        const { steps } = await faulty(host, verb, stdin(MAY), 1000, "kill");
        // While its intent stands; and what it does in its own folder nobody else sees.
        const [begin, end] = ["mv -f", "rm -f"].map((word) =>
          steps.findIndex((each) => each.includes(`${word} /var/lib/wirework/journal`)),
        );
        const own = /^\S+( -\w+)* \/run\/wirework\/run\./;
        const seen = steps.flatMap((step, index) =>
          index < begin! || index > end! || own.test(step) ? [] : [index + 1],
        );
        assert.ok(seen.length > 8, steps.join("\n"));
        for (const [index, at] of seen.entries()) {
          await put(before);
          await faulty(host, verb, stdin(MAY), at, "kill");
          const where = `${verb} killed at step ${at}: ${steps[at - 1]}`;
          assert.ok([found, declared].includes(await read(host)), where);
          // The one who meant it runs again, or anybody.
          const again = index % 2 === 0;
          const next = again ? await put(goal) : await host.remove([], OTHER);
          assert.equal(next.code, 0, `${where}: ${next.stderr}`);
          const file = await read(host);
          assert.ok(file === goal || (!again && file === before), `${where}: ${file}`);
          assert.equal(await known(host), file, `${where}: what Docker has read`);
          assert.equal((await host.exec("sort /run/docker-ps")).stdout, "always\nplain\n", where);
        }
        countCases(this, seen.length);
      });
    });
  }

  it("is refused with every reason before anything is written", () =>
    withDocker(async (host) => {
      const all = [
        'daemon default-address-pools [{"base":"fd00::/48","size":64}]',
        "daemon ip6tables true",
        "daemon ipv6 true",
      ];
      await host.exec(
        `echo 'DOCKER_OPTS="--ipv6 --default-address-pool=base=10.0.0.0/8,size=24"' >/etc/default/docker`,
      );
      const refused = async (facts: readonly string[], ...reasons: readonly RegExp[]) => {
        const before = (await host.exec(`ls -l ${FILE}; cat ${FILE}`)).stdout;
        const { code, stderr } = await host.apply(facts);
        assert.equal(code, 1, stderr);
        for (const reason of reasons) assert.match(stderr, reason);
        assert.equal((await host.exec(`ls -l ${FILE}; cat ${FILE}`)).stdout, before);
      };
      await refused(
        all,
        /Docker is started with --ipv6 /,
        /Docker is started with --default-address-pool /,
        /Docker 20.10.24 takes it with experimental only/,
      );
      await host.exec("rm /etc/default/docker");
      await refused(all, /Docker 20.10.24 takes it with fixed-cidr-v6 only/);
      for (const [hand, reason] of [
        [`echo '{"debug": true,}' >${FILE}`, /daemon\.json is no JSON: at its character 16 it wants "/],
        [`echo '["debug"]' >${FILE}`, /holds no object in braces/],
        [`echo '{"a": 1} x' >${FILE}`, /goes on behind its end/],
        [`rm ${FILE}; ln -s /etc/passwd ${FILE}`, /is no plain file \(symbolic\)/],
        [`rm ${FILE}; mkdir ${FILE}`, /is no plain file \(directory\)/],
      ] as const) {
        await host.exec(hand, "", true);
        await refused(FACTS, reason);
      }
      await host.exec(`rmdir ${FILE}`);
      await host.exec("printf 'lan 192.168.9.0/24\\nwide fc00:172::/32\\n' >/run/docker-networks");
      await refused(
        FACTS,
        /^ {2}daemon fixed-cidr-v6 .*\n {4}overlaps fc00:172::\/32 of network wide, and Docker would refuse/m,
      );
      await host.exec("rm /run/docker-networks");
      await host.exec("echo '      --validate  x' >/run/docker-help; echo 23.0.1 >/run/docker-version");
      await host.exec("echo 'DOCKER_OPTS=\"--tls --refused\"' >/etc/default/docker");
      await refused(FACTS, /Docker refuses the file that would come of it/);
      assert.match((await host.exec("cat /run/validated")).stdout, /^--tls\n--refused\n--validate\n--config-file\n/);
      for (const [fact, reason] of [
        ["daemon hosts true", /keys are ipv6/],
        ["daemon ipv6 yes", /ipv6 is true or false/],
        ['daemon fixed-cidr-v6 "10.0.0.0/8"', /is an IPv6 prefix in quotes/],
        ['daemon default-address-pools [{"base":"fd00::/48","size":200}]', /size the length/],
      ] as const) {
        assert.match((await host.apply([fact])).stderr, reason, fact);
      }
    }));
});
