// The faults that a host must survive, by the number that the project's safety page gives them, and the tests that show it.

/** A test, or several: a file, and how the full titles begin. */
export type Shown = readonly [file: string, title: string];

/** One fault. */
export interface Fault {
  readonly number: number;
  readonly fault: string;
  /** How the tests inject it. */
  readonly injected?: string;
  /** Which invariants are checked: reach, foreign, whole, converge, durable, gone, honest. */
  readonly holds?: string;
  /** Tests of this campaign. */
  readonly shown?: readonly Shown[];
  /** Tests that need more than a sandbox: `npm test` runs them. */
  readonly elsewhere?: readonly Shown[];
  /** What is not shown, and why. */
  readonly not?: string;
}

const interruption = "tests/host/interruption.test.ts";
const armed = "tests/host/armed.test.ts";
const routing = "tests/host/routing.test.ts";
const refusal = "tests/host/refusal.test.ts";
const engineHost = "tests/engine/host.test.ts";
const dnat = "tests/host/dnat.test.ts";
const daemon = "tests/host/daemon.test.ts";
const proxy = "tests/host/proxy.test.ts";
const ipv6Service = "tests/engine/dnat.test.ts";
const policy = "tests/engine/policy.test.ts";

/** All rows, in their order. */
export const faults: readonly Fault[] = [
  {
    number: 1,
    fault: "SSH reset in mid-apply",
    injected: "ss -K at steps of an armed and of a plain change",
    holds: "reach foreign whole converge",
    shown: [["tests/faults/session.test.ts", "a session that is lost in mid-apply › by a reset"]],
  },
  {
    number: 2,
    fault: "SSH in a black hole",
    injected: "nft drops both ways at steps of both",
    holds: "reach foreign whole converge",
    shown: [["tests/faults/session.test.ts", "a session that is lost in mid-apply › in a black hole"]],
  },
  {
    number: 3,
    fault: "the change itself cuts SSH",
    injected: "a rule, a route that eat the answers; run killed or hung in the window",
    holds: "reach whole honest",
    shown: [
      ["tests/faults/session.test.ts", "a change that cuts its own session"],
      [armed, "a change that could cut the session that asks for it › is taken back"],
      [armed, "a change that could cut the session that asks for it › is kept"],
      [armed, "a change that could cut the session that asks for it › is refused"],
    ],
  },
  { number: 4, fault: "confirm cannot dial once", not: "there is no second dial: the proof is in the session itself" },
  {
    number: 5,
    fault: "engine killed",
    elsewhere: [["tests/engine/killed.test.ts", "is followed by the commands that the README names"]],
    not: "only the kill between Docker and the state is shown",
  },
  {
    number: 6,
    fault: "SIGINT, pulumi cancel",
    elsewhere: [["tests/engine/killed.test.ts", "ends what it has begun, and the next up does the rest"]],
  },
  {
    number: 7,
    fault: "state lost, or an older one imported",
    elsewhere: [
      ["tests/engine/state.test.ts", "but an older one, is put right"],
      ["tests/engine/state.test.ts", "but lost, is put right"],
    ],
  },
  {
    number: 8,
    fault: "create fails half-way, then destroy",
    injected: "each changing command of a first apply fails",
    holds: "whole honest",
    shown: [[interruption, "a run that is interrupted › takes itself back when a command of a first apply fails"]],
  },
  {
    number: 9,
    fault: "replace deletes the old after the new",
    elsewhere: [[engineHost, "of another identity gets everything anew"]],
  },
  {
    number: 10,
    fault: "KILL, HUP, TERM at each step k",
    injected: "signal to the run's group at every k: apply, update, remove, undo, setup, uninstall",
    holds: "whole converge gone",
    shown: [
      [interruption, "a run that is interrupted › is taken back or done by the next run"],
      [interruption, "a run that is interrupted › takes itself back when a command of an update"],
      [interruption, "a run that is interrupted › takes itself back when a command of a removal"],
      [interruption, "a run that is interrupted › ends by itself when its session goes"],
      [interruption, "a run that is interrupted › leaves an installation that the next setup completes"],
      [interruption, "a run that is interrupted › does not mind that nobody reads"],
      ["tests/faults/signals.test.ts", "a run that gets a signal"],
      ["tests/faults/signals.test.ts", "the undo of an armed change"],
    ],
  },
  {
    number: 11,
    fault: "power cut",
    injected: "run killed, then a new kernel under the same files",
    holds: "whole durable",
    shown: [
      ["tests/host/boot.test.ts", "boot › after a power cut"],
      [armed, "a change that could cut the session that asks for it › is gone after a reboot inside the window"],
    ],
    not: "what a disk loses that was not written: a sandbox keeps it; npm test -- full cuts the power of emulated machines",
  },
  {
    number: 12,
    fault: "the undo itself fails",
    injected: "ip broken after the apply: nothing runs, or no change does",
    holds: "reach whole converge honest",
    shown: [["tests/faults/undo.test.ts", "an undo that fails"]],
  },
  {
    number: 13,
    fault: "leftover timer, later success",
    injected: "run killed, then run again inside the window",
    holds: "whole",
    shown: [
      [armed, "a change that could cut the session that asks for it › is not undone by the timer of an earlier run"],
    ],
  },
  {
    number: 14,
    fault: "many runs, two stacks on one host",
    injected: "20 at once; two stacks at once, three rounds",
    holds: "whole gone honest",
    shown: [
      ["tests/host/many.test.ts", "runs at the same time"],
      ["tests/faults/hand.test.ts", "two stacks on one host"],
    ],
  },
  {
    number: 15,
    fault: "xtables lock held",
    injected: "for a moment, and for good, under apply, check and remove",
    holds: "whole converge gone honest",
    shown: [["tests/faults/iptables.test.ts", "the lock of ip6tables"]],
  },
  {
    number: 16,
    fault: "nft flush ruleset",
    injected: "ruleset flushed, our table flushed, a rule added to it",
    holds: "converge",
    shown: [
      [routing, "policy routing › makes nft tables anew"],
      [dnat, "ports that lead to a container › are those of all addresses of a link"],
    ],
    elsewhere: [
      [ipv6Service, "stays over restarts and reboot"],
      ["tests/engine/firewalld.test.ts", "through reload and restart of the firewall"],
    ],
  },
  {
    number: 17,
    fault: "iptables backend switched",
    injected: "ip6tables of the other make than Docker's filter, both ways",
    holds: "whole converge gone honest",
    shown: [["tests/faults/iptables.test.ts", "another make of ip6tables than Docker's"]],
  },
  {
    number: 18,
    fault: "networkd, NetworkManager restart",
    elsewhere: [[policy, "leaves by the second uplink, through every event"]],
  },
  {
    number: 19,
    fault: "uplink down, late, flapping",
    injected: "link down and up, address late, link absent at boot",
    holds: "converge durable",
    shown: [
      [routing, "policy routing › does not leak by the main uplink"],
      [routing, "policy routing › comes back after a reboot, where the uplink is late"],
      [routing, "policy routing › waits with a route"],
      [routing, "policy routing › is watched"],
      ["tests/host/boot.test.ts", "boot › leaves for later what is not there yet"],
    ],
    elsewhere: [[policy, "leaves by the second uplink, through every event"]],
  },
  {
    number: 20,
    fault: "reboot after success",
    injected: "a new kernel under the same files",
    holds: "durable gone",
    shown: [["tests/host/boot.test.ts", "boot › brings every owner's facts back"]],
    elsewhere: [
      [policy, "leaves by the second uplink, through every event"],
      ["tests/engine/macvlan.test.ts", "stay over restarts and reboot"],
    ],
  },
  {
    number: 21,
    fault: "dockerd restart",
    elsewhere: [["tests/engine/macvlan.test.ts", "stay over restarts and reboot"]],
    not: "SIGKILL and the matrix of live-restore",
  },
  {
    number: 22,
    fault: "container gets a new address",
    injected: "started anew with another address, late, gone; another one on the link",
    holds: "converge",
    shown: [
      [dnat, "ports that lead to a container › are closed before it runs"],
      [dnat, "ports that lead to a container › follow it to another address"],
    ],
    elsewhere: [[ipv6Service, "is followed to other addresses"]],
  },
  {
    number: 23,
    fault: "old address handed on",
    injected: "another container takes it while a stream goes on",
    holds: "foreign",
    shown: [[dnat, "ports that lead to a container › follow it to another address"]],
    elsewhere: [[ipv6Service, "is followed to other addresses"]],
  },
  {
    number: 24,
    fault: "flows at a change of address",
    injected: "a UDP stream that never pauses, an open TCP connection",
    holds: "converge",
    shown: [
      [dnat, "ports that lead to a container › follow it to another address"],
      [dnat, "ports that lead to a container › end a connection"],
    ],
  },
  {
    number: 25,
    fault: "odd daemon.json",
    injected:
      "absent, empty, no JSON, a link, a folder, foreign keys, edited in between, keys that are flags; killed at each step",
    holds: "foreign whole converge gone honest",
    shown: [
      [daemon, "Docker's configuration › keeps what others have there"],
      [daemon, "Docker's configuration › is refused with every reason"],
      [daemon, "Docker's configuration › is as before or as declared"],
    ],
    elsewhere: [["tests/engine/daemon.test.ts", "is switched on without what others wrote being lost"]],
  },
  {
    number: 26,
    fault: "dockerd does not come up",
    injected: "a prefix with which it ends",
    holds: "whole honest",
    shown: [[daemon, "Docker's configuration › is put back, and Docker started again"]],
    elsewhere: [["tests/engine/daemon.test.ts", "is switched on without what others wrote being lost"]],
  },
  {
    number: 27,
    fault: "restart needed, not allowed",
    injected: "a change without permission",
    holds: "foreign honest",
    shown: [[daemon, "Docker's configuration › is staged, key by key"]],
    elsewhere: [["tests/engine/daemon.test.ts", "is switched on without what others wrote being lost"]],
  },
  {
    number: 28,
    fault: "disk full",
    injected: "small tmpfs at /var/lib, /etc/systemd, /etc/iproute2, /run with 0, 1, 2 ... pages left; no inodes",
    holds: "whole converge honest",
    shown: [["tests/faults/disk.test.ts", "a disk that is full"]],
  },
  {
    number: 29,
    fault: "read-only, immutable",
    injected: "remount ro, chattr +i",
    holds: "whole converge gone honest",
    shown: [["tests/faults/disk.test.ts", "what cannot be written"]],
    not: "I/O errors of a disk",
  },
  {
    number: 30,
    fault: "sudo wants a password",
    injected: "a sudo that refuses",
    holds: "honest",
    shown: [["tests/host/setup.test.ts", "the text of a Command › says why sudo"]],
    elsewhere: [[engineHost, "that is logged into without sudo rights is refused within seconds"]],
  },
  {
    number: 31,
    fault: "odd login shell, locale, umask, PATH",
    injected: "the Command's text under other shells, /bin/sh and awk of other makes",
    holds: "gone",
    shown: [
      ["tests/host/setup.test.ts", "the text of a Command › is constant"],
      ["tests/host/many.test.ts", "the program's interpreter"],
    ],
    not: "ForceCommand and rc files that print: needs an sshd",
  },
  {
    number: 32,
    fault: "missing kernel module",
    injected: "a module that no kernel has",
    holds: "honest",
    shown: [[refusal, "require lines › are all checked before anything is changed"]],
  },
  {
    number: 33,
    fault: "missing tool",
    injected: "tools hidden; ip is busybox's",
    holds: "whole honest",
    shown: [
      ["tests/faults/hand.test.ts", "tools that are missing"],
      ["tests/host/setup.test.ts", "setup and uninstall › refuses busybox's ip"],
    ],
  },
  {
    number: 34,
    fault: "id, priority, name used by others",
    injected: "made by hand before",
    holds: "foreign honest",
    shown: [
      [routing, "policy routing › refuses"],
      [refusal, "what wirework did not make › is refused with both named"],
      [refusal, "what wirework did not make › is not lost"],
    ],
  },
  {
    number: 35,
    fault: "a foreign rule identical to ours",
    injected: "made by hand before",
    holds: "foreign honest",
    shown: [[routing, "policy routing › refuses an equal rule of another's"]],
  },
  {
    number: 36,
    fault: "ours deleted, edited, masked by hand",
    injected: "each kind of fact, units, files",
    holds: "foreign converge gone",
    shown: [["tests/faults/hand.test.ts", "what is done by hand to what is ours"]],
  },
  {
    number: 37,
    fault: "clock set inside the window",
    injected: "what date says jumps by 1 h and by 10 years, both ways",
    holds: "whole",
    shown: [["tests/faults/undo.test.ts", "a clock that is set inside the window"]],
    not: "the machine's own clock is in no namespace; the timer is a sleep, or OnActiveSec: both monotonic",
  },
  {
    number: 38,
    fault: "run slower than its window",
    injected: "the run sleeps past the window",
    holds: "whole",
    shown: [
      [armed, "a change that could cut the session that asks for it › is taken back by the timer when the run hangs"],
    ],
    not: "out of memory, a load of 50: the machine is shared",
  },
  {
    number: 39,
    fault: "L2TP ends",
    elsewhere: [["tests/kernel/wire.test.ts", "says when cookies differ"]],
    not: "a peer that is down while the other end is applied",
  },
  {
    number: 40,
    fault: "more sessions than MaxStartups",
    injected: "ten who do not log in, while 50 resources come; too few attempts",
    holds: "converge gone honest",
    shown: [["tests/faults/startups.test.ts", "an sshd that takes ten logins at once"]],
  },
  {
    number: 41,
    fault: "another machine on the address",
    injected: "another machine-id, another name",
    holds: "whole honest",
    shown: [
      [refusal, "another machine or another name"],
      ["tests/host/boot.test.ts", "boot › does nothing on another machine"],
    ],
    elsewhere: [
      [engineHost, "with another host key is not talked to"],
      [engineHost, "that became another machine is refused"],
    ],
  },
  {
    number: 42,
    fault: "host gone, then destroy",
    elsewhere: [["tests/engine/state.test.ts", "of a host that is gone with its"]],
  },
  {
    number: 43,
    fault: "upgrade of the library",
    elsewhere: [["tests/engine/upgrade.test.ts", "updates the helper of each host and nothing else"]],
  },
  {
    number: 44,
    fault: "key rotated, then delete",
    elsewhere: [["tests/engine/state.test.ts", "with a login that no longer opens, fails in clear words"]],
  },
  {
    number: 45,
    fault: "long lines, NUL, no UTF-8",
    injected: "on the helper's standard input",
    holds: "whole honest",
    shown: [["tests/faults/input.test.ts", "input that no program should be sent"]],
  },
  {
    number: 46,
    fault: "forwarding against RA",
    injected: "a link that learned its default route from a router",
    holds: "reach gone honest",
    shown: [
      [proxy, "forwarding of the whole host › leaves every link as it was, and the learned default route"],
      [proxy, "forwarding of the whole host › is refused where a link would unlearn"],
    ],
  },
  {
    number: 47,
    fault: "systemd start fails",
    injected: "ExecStart=/bin/false, at boot and at a restart",
    holds: "reach converge gone",
    shown: [["tests/faults/units.test.ts", "a unit of ours that fails to start"]],
  },
];
