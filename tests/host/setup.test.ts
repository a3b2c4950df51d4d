import { strict as assert } from "node:assert";
import { commandText } from "../../lib/host/command-text";
import { programText, programVersion, setupText } from "../../lib/host/program";
import { assertSame, HOST_OWNER, IDENTITY, inSandbox, MACHINE_ID, Sandbox, SESSION, SHIM, stdin } from "./support";

async function inBareSandbox(test: (host: Sandbox) => Promise<void>): Promise<void> {
  const host = await Sandbox.create();
  try {
    await test(host);
  } finally {
    await host.close();
  }
}

const setup = (owner = HOST_OWNER, requirements: string[] = []) => setupText({ host: IDENTITY, owner, requirements });

describe("setup and uninstall", () => {
  it("never show another stack a program that cannot be run", () =>
    inBareSandbox(async (host) => {
      // Called between the moment at which a file gets its name and the next step.
      const look = "for file in /usr/local/sbin/wirework /usr/local/lib/wirework/*/wirework; do";
      host.program(
        "sync",
        `#!/bin/sh\n${look} [ ! -f "$file" ] || [ -x "$file" ] || echo "$file"; done >>/run/not-fit\nexec /bin/sync "$@"\n`,
      );
      assert.equal((await host.verb("setup", setup())).code, 0);
      assert.equal((await host.exec("cat /run/not-fit")).stdout, "");
    }));

  it("say what the host is, install, and leave nothing", () =>
    inBareSandbox(async (host) => {
      const before = await host.snapshot();
      host.session = SESSION;
      const first = await host.verb("setup", setup());
      assert.equal(first.code, 0, first.stderr);
      const facts = JSON.parse(first.stdout);
      assert.deepEqual(
        Object.keys(facts).sort(),
        [
          "dockerApi",
          "dockerVersion",
          "distribution",
          "init",
          "iommu",
          "iproute2",
          "kernel",
          "machineId",
          "managementAddress",
          "managementInterface",
          "modules",
          "networkManager",
          "nft",
          "rootless",
          "userNamespaces",
          "virtualFunctions",
          "virtualization",
          "warnings",
          "wireless",
        ].sort(),
      );
      assert.deepEqual(
        [facts.machineId, facts.managementInterface, facts.managementAddress],
        [MACHINE_ID, "eth0", "192.0.2.10"],
      );
      assert.deepEqual([facts.dockerVersion, facts.rootless, facts.modules.macvlan !== "missing"], ["", false, true]);
      assert.match(facts.warnings.join("\n"), /no Docker engine answers here/);

      const installed = await host.snapshot();
      const modes = await host.exec(
        `stat -c '%a %U %n' /usr/local/sbin/wirework /usr/local/lib/wirework/${programVersion()}/wirework /var/lib/wirework /var/lib/wirework/machine`,
      );
      assert.match(modes.stdout, /^755 root .*\n755 root .*\n700 root .*\n600 root .*\n$/);
      assert.equal((await host.verb("setup", setup())).code, 0);
      assertSame(await host.snapshot(), installed, "a second setup changes nothing");

      const uninstalled = await host.verb("uninstall", setup());
      assert.equal(uninstalled.code, 0, uninstalled.stderr);
      assertSame(await host.snapshot(), before);
      assert.deepEqual(await host.verb("uninstall", setup()), {
        code: 0,
        stdout: "nothing of wirework is here\n",
        stderr: "",
      });
    }));

  it("say which NICs can be divided, and what takes no further MACs", () =>
    inBareSandbox(async (host) => {
      // As the kernel shows hardware: a NIC with virtual functions, and a wireless one.
      const shown = `mkdir -p /run/net/card0/device /run/net/wlan0/wireless
for link in /sys/class/net/*; do ln -s "$(readlink -f "$link")" /run/net/; done
echo 8 >/run/net/card0/device/sriov_totalvfs; echo 2 >/run/net/card0/device/sriov_numvfs
mount -n --bind /run/net /sys/class/net`;
      await host.exec(shown, "", true);
      host.program("systemd-detect-virt", "#!/bin/sh\necho vmware\n");
      const { stdout, stderr } = await host.verb("setup", setup());
      const { virtualFunctions, iommu, wireless, virtualization, warnings } = JSON.parse(stdout || stderr);
      assert.deepEqual([virtualFunctions, wireless, virtualization], [["card0: 2 of 8"], ["wlan0"], "vmware"]);
      assert.equal(typeof iommu, "boolean");
      assert.match(
        warnings.join("\n"),
        /wireless links \(wlan0\): .*ipvlan or NAT\nthis is a virtual machine \(vmware\): .*ipvlan or NAT/,
      );
      const { stderr: refused } = await host.apply(["require not-wireless wlan0"]);
      assert.match(refused, /wlan0 is wireless: .* use a wired parent, ipvlan, or a bridge network with NAT/);
    }));

  it("refuses busybox's ip and a host without machine-id, both in one error", () =>
    inBareSandbox(async (host) => {
      await host.exec(": >/etc/machine-id");
      const before = await host.snapshot();
      host.program("ip", '#!/bin/sh\nexec busybox ip "$@"\n');
      const result = await host.verb("setup", setup());
      assert.equal(result.code, 1);
      assert.match(result.stderr, /nothing was changed:[\s\S]*ip is not iproute2[\s\S]*no \/etc\/machine-id/);
      await host.exec("rm /usr/local/bin/ip");
      assertSame(await host.snapshot(), before);
    }));

  it("refuses a program that was torn on its way", () =>
    inBareSandbox(async (host) => {
      const before = await host.snapshot();
      const torn = await host.verb("setup", setup().slice(0, -1000));
      assert.match(torn.stderr, /the program did not arrive whole; nothing was changed/);
      assert.equal(torn.code, 1);
      assert.equal((await host.exec("ls /run/wirework")).stdout, "");
      assertSame(await host.snapshot(), before);
    }));

  it("takes a program that is not packed, as older versions of the library send it", () =>
    inBareSandbox(async (host) => {
      const header = setup().slice(0, setup().indexOf("program\n"));
      const first = await host.verb("setup", `${header}program\n${programText()}`);
      assert.equal(first.code, 0, first.stderr);
      const installed = await host.snapshot();
      assert.equal((await host.verb("setup", setup())).code, 0);
      assertSame(await host.snapshot(), installed, "packed, it is the same program");
    }));

  it("checks what the stack requires before it installs", () =>
    inBareSandbox(async (host) => {
      const before = await host.snapshot();
      const result = await host.verb("setup", setup(HOST_OWNER, ["docker >= 20", "kernel >= 3.9"]));
      assert.match(result.stderr, /require docker >= 20\n +there is no docker that answers root here/);
      assert.equal(result.code, 1);
      assertSame(await host.snapshot(), before);
    }));

  it("leaves a foreign program at the dispatcher's path alone", () =>
    inBareSandbox(async (host) => {
      await host.exec("echo '#!/bin/sh' >/usr/local/sbin/wirework");
      assert.match((await host.verb("setup", setup())).stderr, /exists and is not wirework's/);
    }));

  it("is refused while facts are there, and serves several stacks until the last one goes", () =>
    inSandbox(async (host) => {
      const second = "test/prod/host";
      await host.apply(SHIM);
      assert.equal((await host.verb("setup", setup(second))).code, 0);
      const refused = await host.uninstall();
      assert.equal(refused.code, 1);
      assert.match(refused.stderr, /facts of these owners are still on this host[\s\S]*test\/dev\/edge/);
      assert.match((await host.verb("uninstall", setup(second))).stdout, /kept for: test\/dev\/host/);
      await host.remove(SHIM);
      assert.equal((await host.uninstall()).code, 0);
    }));

  it("runs each stack's own version of the program, and drops a version with its last stack", () =>
    inSandbox(async (host) => {
      const program = programText().replace('echo "wirework is not set up', 'echo "wirework was not set up');
      const newer = setupText({ host: IDENTITY, owner: "test/prod/host", program });
      assert.equal((await host.verb("setup", newer)).code, 0);
      const versions = async () => (await host.exec("ls /usr/local/lib/wirework")).stdout.trim().split("\n");
      assert.equal((await versions()).length, 2);
      const ran = async (owner: string) => {
        await host.exec("for f in /usr/local/lib/wirework/*/wirework; do sed -i '2i echo ran $0 >&2' $f; done");
        const { stderr } = await host.apply([], owner);
        await host.exec("sed -i '2d' /usr/local/lib/wirework/*/wirework");
        return stderr.includes(programVersion());
      };
      assert.deepEqual(
        [await ran("test/dev/a"), await ran("test/prod/a"), await ran("other/stack/a")],
        [true, false, false],
      );
      for (const owner of ["test/dev/a", "test/prod/a", "other/stack/a"]) await host.remove([], owner);
      assert.equal((await host.verb("uninstall", newer)).code, 0);
      assert.deepEqual(await versions(), [programVersion()]);
    }));

  it("installs the boot units with the first facts and removes them with the last", () =>
    inSandbox(async (host) => {
      const units = () => host.exec("cd /etc/systemd/system && find . -name 'wirework*' | sort");
      assert.equal((await units()).stdout, "");
      await host.apply([SHIM[1]], "test/dev/a");
      await host.apply([SHIM[1]], "test/dev/b");
      assert.equal((await units()).stdout.trim().split("\n").length, 6);
      await host.remove([SHIM[1]], "test/dev/a");
      assert.equal((await units()).stdout.trim().split("\n").length, 6);
      await host.remove([SHIM[1]], "test/dev/b");
      assert.equal((await units()).stdout, "");
    }));
});

describe("the text of a Command", () => {
  it("is constant, without data, and one line that every login shell reads alike", () => {
    for (const verb of ["setup", "apply", "check", "drift", "remove", "verify", "status", "uninstall"] as const) {
      for (const sudo of [false, true, "as needed"] as const) {
        const text = commandText(verb, sudo);
        assert.match(text, /^\/bin\/sh -c '[^'!\\\n]+'( '[^'!\\\n]+')?$/);
        assert.equal(text.includes(programVersion()), false);
        if (verb !== "setup") assert.equal(commandText(verb, sudo, "a note"), `${text} 'a note'`);
      }
    }
  });

  it("says why sudo does not let it through, before anything is changed", () =>
    inBareSandbox(async (host) => {
      host.program("sudo", "#!/bin/sh\necho 'sudo: a password is required' >&2\nexit 1\n");
      const before = await host.snapshot();
      const refused = await host.exec(commandText("setup", true), setup());
      assert.equal(refused.code, 77);
      assert.match(refused.stderr, /sudo -n does not let this user run \/bin\/sh.*sudoers\.d/);
      assertSame(await host.snapshot(), before);
    }));

  it("works through sudo, which drops the session's environment", () =>
    inBareSandbox(async (host) => {
      host.program(
        "sudo",
        '#!/bin/sh\nwhile :; do case $1 in -n) shift ;; -l) exit 0 ;; *) break ;; esac; done\nexec env -i "$@"\n',
      );
      host.session = SESSION;
      const first = await host.exec(commandText("setup", true), setup());
      assert.equal(JSON.parse(first.stdout).managementInterface, "eth0", first.stderr);
      const second = await host.exec(commandText("setup", true), setup());
      assert.equal(JSON.parse(second.stdout).managementInterface, "eth0");
    }));

  it("finds out on the host whether it needs sudo, where the text outlives a change of the login", () =>
    inSandbox(async (host) => {
      const text = commandText("apply", "as needed", "a note");
      host.program("sudo", "#!/bin/sh\necho called >>/run/sudo; exit 1\n");
      assert.equal((await host.exec(text, stdin(SHIM))).code, 0, "root needs none");
      assert.notEqual((await host.exec("cat /run/sudo")).code, 0);
      host.program("id", "#!/bin/sh\necho 1000\n");
      const refused = await host.exec(text, stdin(SHIM));
      assert.deepEqual([refused.code, /sudo -n does not let/.test(refused.stderr)], [77, true]);
    }));
});

describe("the program", () => {
  it("carries the dispatcher and ends with the verbs", () => {
    assert.match(programText(), /^#!\/bin\/sh\n/);
    assert.match(
      programText(),
      /dispatcher_text\(\) \{\n {2}cat <<'END_OF_DISPATCHER'\n#!\/bin\/sh\n# wirework dispatcher/,
    );
    assert.match(programVersion(), /^[0-9a-f]{12}$/);
  });
});
