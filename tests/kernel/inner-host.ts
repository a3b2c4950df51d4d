import { commandText, type Verb } from "../../lib/host/command-text";
import { setupText } from "../../lib/host/program";
import { HOST_OWNER, OWNER, stdin } from "../host/support";
import { shellWord } from "../lab/exec";
import type { RunResult } from "../lab/process";
import { SmallMachine } from "../lab/small-machine";

let booted: Promise<SmallMachine> | undefined;

/** The machine of all tests of this folder; booted by the first that needs it. */
export function machine(): Promise<SmallMachine> {
  booted ??= SmallMachine.boot();
  return booted;
}

// Once, after all tests of all files.
after(async () => {
  await (await booted)?.end();
});

// Its files lie over those of the machine, and outlast its kernel state.
const ON = `
for folder in etc var/lib usr/local; do mkdir -p /tmp/$1/$folder/upper /tmp/$1/$folder/work; done
setsid unshare --net --mount sh -c '
  mount --make-rprivate /
  mount -t sysfs sysfs /sys
  for folder in etc var/lib usr/local; do
    mount -t overlay overlay -o "lowerdir=/$folder,upperdir=/tmp/$1/$folder/upper,workdir=/tmp/$1/$folder/work" "/$folder"
  done
  echo "$1" | sha256sum | cut -c 1-32 >/etc/machine-id
  mount -t tmpfs run /run
  ip link set lo up
  : >"/tmp/$1/begun"
  exec sleep infinity' sh "$1" </dev/null >/dev/null 2>&1 &
echo $! >/tmp/$1/pid
until [ -e /tmp/$1/begun ]; do sleep 0.1; done`;

const OFF = `
net=$(readlink /proc/$(cat /tmp/$1/pid)/ns/net)
for one in /proc/[0-9]*; do
  [ "$(readlink $one/ns/net 2>/dev/null)" != "$net" ] || kill -9 \${one#/proc/}
done
rm /tmp/$1/begun /tmp/$1/pid`;

/** All that a wire or a tagged link is made of. */
const KERNEL = `
ip -o link show | sed 's/^[0-9]*: //; s/ qdisc .* state / state /; s/ qlen .*//; s/@if[0-9]*//' | sort
ip -o address show | sed 's/^[0-9]*: //; s/ valid_lft.*//' | sort
ip l2tp show tunnel; ip l2tp show session
ls /etc/modules-load.d /var/lib/wirework 2>/dev/null`;

/** A host as namespaces of the small machine, whose kernel knows L2TP, ipvlan and 802.1Q. Without an init: nothing heals. */
export class InnerHost {
  private constructor(
    readonly name: string,
    private readonly kernel: SmallMachine,
  ) {}

  static async begin(name: string): Promise<InnerHost> {
    const host = new InnerHost(name, await machine());
    await host.on();
    return host;
  }

  /** A new kernel state under the same files, to which no cable leads yet. */
  async on(): Promise<void> {
    await this.kernel.exec(`set -- ${this.name}; ${ON}`);
  }

  /** All that runs on it ends at once, and its kernel state with it: what a loss of power is. */
  async off(): Promise<void> {
    await this.kernel.exec(`set -- ${this.name}; ${OFF}`);
  }

  /** What an init would start. */
  async boot(): Promise<void> {
    await this.exec("wirework boot early && wirework boot late");
  }

  /** Runs a command as root on it. */
  async exec(command: string, input = "", check = true): Promise<RunResult> {
    const enter = `exec nsenter --target $(cat /tmp/${this.name}/pid) --net --mount sh -c ${shellWord(command)}`;
    return this.kernel.exec(enter, { input, check });
  }

  async setup(): Promise<void> {
    await this.exec(commandText("setup", false), setupText({ host: this.name, owner: HOST_OWNER }));
  }

  /** Asks the helper, with lines of one owner. */
  ask(verb: Verb, lines: readonly string[], owner = OWNER): Promise<RunResult> {
    return this.exec(commandText(verb, false), stdin(lines, owner, this.name), false);
  }

  /** The same, which must do. */
  async did(verb: Verb, lines: readonly string[], owner = OWNER): Promise<string> {
    const { code, stdout, stderr } = await this.ask(verb, lines, owner);
    if (code !== 0) throw new Error(`${this.name}: ${verb} failed with ${code}\n${stdout}${stderr}`);
    return stdout;
  }

  async kernelState(): Promise<string> {
    return (await this.exec(KERNEL)).stdout;
  }
}
