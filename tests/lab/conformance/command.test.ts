import { strict as assert } from "node:assert";
import { toolchain } from "../toolchain";
import { CommandStack, inClear, isSecret, marks, operations } from "./commands";
import { SshServer } from "./support";

const source = toolchain().plugins.command;

describe(`command plugin conformance (${source})`, function () {
  this.timeout(300_000);
  let server: SshServer;
  let stack: CommandStack;

  before(async () => {
    server = await SshServer.start();
  });
  after(() => server?.stop());
  beforeEach(() => {
    stack = new CommandStack(server);
  });
  afterEach(() => stack?.dispose());

  /**
   * A shell command that adds a line to a file of marks. It reads its input to the end: when a command ends before, writing to it
   * fails and with that the Command ("EOF: running …"), now and then, as the two race.
   */
  const mark = (file: string, text: string) => `cat >/dev/null; echo ${text} >>${server.path(file)}`;
  const outputs = async (name: string) => (await stack.commands())[name]!.outputs!;

  describe("create", () => {
    it("gives both streams without their last newline, and an id that begins with the name", async () => {
      await stack.up({ name: "streams", args: { create: "printf 'out\\n\\n'; printf 'err\\n' >&2" } });
      const { streams } = await stack.commands();
      assert.equal(streams!.outputs!.stdout, "out\n");
      assert.equal(streams!.outputs!.stderr, "err");
      assert.match(streams!.id!, /^streams[0-9a-f]{8}$/);
    });

    it("passes standard input and the environment that the server accepts", async () => {
      await stack.up(
        { name: "stdin", args: { create: "cat", stdin: "first\nlast\n" } },
        { name: "environment", args: { create: 'printf %s "$GREETING"', environment: { GREETING: "good day" } } },
        { name: "nothing", args: { delete: "true" } },
      );
      const made = await stack.commands();
      assert.equal(made.stdin!.outputs!.stdout, "first\nlast");
      assert.equal(made.environment!.outputs!.stdout, "good day");
      assert.equal(made.nothing!.outputs!.stdout, "");
    });

    it("fails with exit status, command and everything written, and leaves nothing in the state", async () => {
      const create = "echo abc | tr a-c x-z; echo abc | tr a-c d-f >&2; exit 3";
      const said = await stack.failingUp({ name: "broken", args: { create, logging: "none" } });
      assert.ok(said.includes(`Process exited with status 3: running "${create}":`), said);
      assert.match(said, /^\s*xyz$/m);
      assert.match(said, /^\s*def$/m);
      assert.deepEqual(await stack.commands(), {});
    });

    it("fails on a variable that the server refuses", async () => {
      const args = { create: mark("refused", "ran"), environment: { FORBIDDEN: "x" } };
      assert.match(await stack.failingUp({ name: "refused", args }), /could not set environment variable "FORBIDDEN"/);
      assert.deepEqual(marks(server.path("refused")), []);
    });

    it("refuses unknown and ill-typed connection properties at preview", async () => {
      const connection = { ...stack.connection(), hots: "x", dialErrorLimit: "many" };
      const said = await stack.failingPreview({ name: "typo", args: { create: "true", connection } });
      assert.match(said, /hots/);
      assert.match(said, /dialErrorLimit/);
    });
  });

  describe("connection", () => {
    it("takes IPv6 literals, locked keys, any pinned kind of host key and a proxy", async () => {
      const from = (name: string, changed: Record<string, unknown>) => {
        const connection = stack.connection(changed);
        return { name, args: { connection, create: 'printf %s "$SSH_CONNECTION"' } };
      };
      const proxy = stack.connection();
      const before = server.logins();
      await stack.up(
        from("ipv6", { host: "::1" }),
        from("locked", { privateKey: server.read("login-locked"), privateKeyPassword: "open sesame" }),
        from("ecdsa", { hostKey: server.hostKey("ecdsa") }),
        from("unpinned", { hostKey: undefined }),
        from("proxied", { host: "::1", proxy }),
      );
      const made = await stack.commands();
      assert.match(String(made.ipv6!.outputs!.stdout), /^::1 \d+ ::1 2222$/);
      for (const name of ["locked", "ecdsa", "unpinned"]) {
        assert.match(String(made[name]!.outputs!.stdout), /^127\.0\.0\.1 \d+ 127\.0\.0\.1 2222$/);
      }
      assert.match(String(made.proxied!.outputs!.stdout), /^::1 \d+ ::1 2222$/);
      assert.equal(server.logins() - before, 6, "one login each, and one at the proxy");
    });

    it("fills in its defaults and keeps all of it secret, whatever the SDK does", async () => {
      const { host, port, privateKey, hostKey } = stack.connection() as Record<string, unknown>;
      const args = { create: "true", connection: { host, port, privateKey, hostKey } };
      await stack.up({ name: "sdk", args }, { name: "raw", args, raw: true });
      const stored = await stack.commands();
      const shown = await stack.commands(true);
      for (const name of ["sdk", "raw"]) {
        for (const kind of ["inputs", "outputs"] as const) {
          assert.ok(isSecret(stored[name]![kind]!.connection), `${name} ${kind}: the connection is stored as a secret`);
        }
        const { user, dialErrorLimit, perDialTimeout } = inClear(shown[name]!.inputs!.connection) as Record<
          string,
          unknown
        >;
        assert.deepEqual([user, dialErrorLimit, perDialTimeout], ["root", 10, 15]);
      }
    });

    it("refuses a server with another host key, after as many retries as allowed, without running anything", async () => {
      const connection = stack.connection({ hostKey: server.read("stranger.pub").trim(), dialErrorLimit: 2 });
      const before = server.dials();
      const said = await stack.failingUp({ name: "stranger", args: { create: mark("mismatch", "ran"), connection } });
      assert.match(said, /after 2 failed attempts: ssh: handshake failed: ssh: host key mismatch/);
      assert.equal(server.dials() - before, 3);
      assert.deepEqual(marks(server.path("mismatch")), []);
    });

    it("tries a refused login and a closed port again, and never more often than allowed", async () => {
      const login = stack.connection({ privateKey: server.read("stranger"), dialErrorLimit: 1 });
      const closed = stack.connection({ port: 2223, dialErrorLimit: 0 });
      // One after the other: the first failure ends the run, and a second may not have begun by then.
      const failing = (name: string, connection: Record<string, unknown>) =>
        stack.failingUp({ name, args: { create: "true", connection } });
      assert.match(
        await failing("login", login),
        /after 1 failed attempts: ssh: handshake failed: ssh: unable to authenticate/,
      );
      assert.match(
        await failing("closed", closed),
        /after 0 failed attempts: dial tcp 127\.0\.0\.1:2223: connect: connection refused/,
      );
    });

    it("does not dial with a host key or private key that cannot be read", async () => {
      const before = server.dials();
      const failing = (name: string, wrong: Record<string, unknown>) =>
        stack.failingUp({ name, args: { create: "true", connection: stack.connection(wrong) } });
      assert.match(await failing("host-key", { hostKey: "no key" }), /failed to parse host key: ssh: no key found/);
      assert.match(await failing("login-key", { privateKey: "no key" }), /: ssh: no key found/);
      assert.equal(server.dials(), before);
    });

    it("stays open until the run ends", async () => {
      // The engine's own delete order does not matter here: the second command runs after the first has finished.
      const sessions =
        "for p in /proc/[0-9]*; do tr '\\0' ' ' <$p/cmdline 2>/dev/null; echo; done | grep -c '^sshd: root'";
      await stack.up(
        { name: "first", args: { create: "true" } },
        { name: "second", args: { create: sessions }, triggeredBy: "first.id" },
      );
      assert.equal((await outputs("second")).stdout, "2");
    });
  });

  describe("change", () => {
    it("runs update, else create again, in place; unchanged inputs run nothing", async () => {
      const create = mark("change", "create");
      const [a, b] = ["1", "2"].map((stdin) => [
        { name: "updated", args: { create, update: mark("change", "update"), stdin } },
        { name: "again", args: { create: mark("change", "again"), stdin } },
      ]);
      await stack.up(...a!);
      const logins = server.logins();
      assert.deepEqual(operations(await stack.up(...a!)), { updated: "same", again: "same" });
      assert.equal(server.logins(), logins);
      assert.deepEqual(operations(await stack.up(...b!)), { updated: "update", again: "update" });
      assert.deepEqual(marks(server.path("change")).sort(), ["again", "again", "create", "update"]);
    });

    it("updates in place when only the connection changes, over the new connection", async () => {
      const args = { create: 'printf %s "$SSH_CONNECTION"' };
      await stack.up({ name: "moved", args });
      const moved = { ...args, connection: stack.connection({ host: "::1" }) };
      assert.deepEqual(operations(await stack.up({ name: "moved", args: moved })), { moved: "update" });
      assert.match(String((await outputs("moved")).stdout), /^::1 /);
    });

    it("gives the last outputs to update and delete, unless told not to, and only warns where the server refuses", async () => {
      const said = 'cat >/dev/null; echo "[$PULUMI_COMMAND_STDOUT][$PULUMI_COMMAND_STDERR]"';
      const args = {
        create: "cat >/dev/null; echo out; echo err >&2",
        update: said,
        delete: `${said} >>${server.path("previous")}`,
      };
      const make = (stdin: string) => [
        { name: "told", args: { ...args, stdin } },
        { name: "untold", args: { ...args, stdin, addPreviousOutputInEnv: false } },
      ];
      await stack.up(...make("1"));
      const run = await stack.up(...make("2"));
      const made = await stack.commands();
      // The server accepts the variable for stdout only.
      assert.equal(made.told!.outputs!.stdout, "[out][]");
      assert.equal(made.untold!.outputs!.stdout, "[][]");
      const warnings = run.diagnostics.filter(({ severity }) => severity === "warning");
      assert.deepEqual(
        warnings.map(({ urn }) => urn.slice(urn.lastIndexOf("::") + 2)).filter((name) => name.includes("told")),
        ["told"],
      );
      assert.ok(warnings.some(({ message }) => message.includes("PULUMI_COMMAND_STDERR")));
      await stack.destroy();
      assert.deepEqual(marks(server.path("previous")).sort(), ["[[out][]][]", "[][]"]);
    });

    it("keeps the old state when update fails, and tries again next time", async () => {
      await stack.up({ name: "fragile", args: { create: "cat; echo whole", stdin: "1" } });
      const broken = {
        name: "fragile",
        args: { create: "cat; echo whole", update: "cat; echo half; exit 1", stdin: "2" },
      };
      assert.match(await stack.failingUp(broken), /Process exited with status 1/);
      const { inputs, outputs: kept } = (await stack.commands()).fragile!;
      assert.equal(kept!.stdout, "1whole");
      assert.equal(inputs!.stdin, "1");
      assert.deepEqual(operations(await stack.preview(broken)), { fragile: "update" });
    });

    it("replaces when triggers change, appear or go, and deletes with the stored inputs", async () => {
      const make = (generation: string, triggers?: string[]) => {
        const texts = {
          create: mark("replace", `create-${generation}`),
          delete: mark("replace", `delete-${generation}`),
        };
        return { name: "replaced", args: { ...texts, triggers }, options: { deleteBeforeReplace: true } };
      };
      await stack.up(make("1"));
      const runs = [
        await stack.preview(make("2", ["a"])),
        await stack.up(make("2", ["a"])),
        await stack.up(make("3", ["b"])),
        await stack.up(make("4", ["b", "c"])),
        await stack.up(make("5")),
      ];
      for (const run of runs) assert.deepEqual(operations(run), { replaced: "replace" });
      const expected = ["create-1", "delete-1", "create-2", "delete-2", "create-3", "delete-3", "create-4", "delete-4"];
      assert.deepEqual(marks(server.path("replace")), [...expected, "create-5"]);
    });
  });

  describe("preview", () => {
    const chain = (stdin: string, extra: Record<string, unknown> = {}) => [
      { name: "cause", args: { create: "cat >/dev/null; echo steady", stdin, ...extra } },
      { name: "on-output", args: { create: "true" }, triggeredBy: "cause.stdout" },
      { name: "on-id", args: { create: "true" }, triggeredBy: "cause.id" },
    ];

    it("runs nothing and knows no outputs", async () => {
      const before = server.dials();
      await stack.preview({ name: "dry", args: { create: mark("dry", "ran") } });
      assert.equal(server.dials(), before);
      assert.deepEqual(marks(server.path("dry")), []);
    });

    it("takes any change of a stored input for an unknown output, which replaces what it triggers; the id stays known", async () => {
      await stack.up(...chain("1"));
      const preview = await stack.preview(...chain("2"));
      assert.deepEqual(operations(preview), { cause: "update", "on-output": "replace", "on-id": "same" });
      // What the preview feared does not come true: the output is the same after all.
      assert.deepEqual(operations(await stack.up(...chain("2"))), {
        cause: "update",
        "on-output": "same",
        "on-id": "same",
      });
    });

    it("keeps outputs known when an input is only added", async () => {
      await stack.up(...chain("1"));
      const preview = await stack.preview(...chain("1", { delete: "true" }));
      assert.deepEqual(operations(preview), { cause: "update", "on-output": "same", "on-id": "same" });
    });
  });

  describe("secrets and messages", () => {
    it("keeps a secret input secret, does not spread it to the outputs, and honours additionalSecretOutputs", async () => {
      await stack.up(
        { name: "input", args: { create: "cat >/dev/null; echo open", stdin: "hidden" }, secrets: ["stdin"] },
        { name: "output", args: { create: "echo hidden" }, options: { additionalSecretOutputs: ["stdout"] } },
      );
      const made = await stack.commands();
      assert.ok(isSecret(made.input!.inputs!.stdin));
      assert.ok(isSecret(made.input!.outputs!.stdin));
      assert.equal(made.input!.outputs!.stdout, "open");
      assert.ok(isSecret(made.output!.outputs!.stdout));
    });

    it("shows the streams while it runs, as `logging` says", async () => {
      const create = "echo to-stdout; echo to-stderr >&2";
      const kinds = ["stdout", "stderr", "stdoutAndStderr", "none"];
      const commands = kinds.map((logging) => ({ name: logging, args: { create, logging } }));
      const run = await stack.up({ name: "default", args: { create } }, ...commands);
      const shown = (name: string) =>
        run.diagnostics
          .filter(({ urn, message }) => urn.endsWith(`::${name}`) && message.startsWith("to-"))
          .map(({ message, ephemeral, severity }) => `${message.trim()} ${severity} ${ephemeral}`)
          .sort();
      const [out, err] = ["to-stdout info true", "to-stderr info true"];
      assert.deepEqual(shown("default"), [err, out]);
      assert.deepEqual(shown("stdoutAndStderr"), [err, out]);
      assert.deepEqual(shown("stdout"), [out]);
      assert.deepEqual(shown("stderr"), [err]);
      assert.deepEqual(shown("none"), []);
    });
  });

  describe("refresh and delete", () => {
    it("leaves Commands alone on refresh: no dial, no change", async () => {
      await stack.up({ name: "still", args: { create: "echo here" } });
      const before = [server.dials(), JSON.stringify((await stack.commands()).still!.outputs!.stdout)];
      const run = await stack.refresh();
      assert.equal(run.summary.update ?? 0, 0);
      assert.deepEqual([server.dials(), JSON.stringify((await stack.commands()).still!.outputs!.stdout)], before);
    });

    it("keeps a Command whose delete fails, and does not dial without a delete command", async () => {
      const gate = server.path("gate");
      await stack.up(
        { name: "stuck", args: { create: "true", delete: `test -e ${gate}` } },
        { name: "silent", args: { create: "true" } },
      );
      const before = server.logins();
      assert.match(await stack.failingDestroy(), /Process exited with status 1: running "test -e /);
      assert.deepEqual(Object.keys(await stack.commands()), ["stuck"]);
      assert.equal(server.logins() - before, 1);
      await stack.up({ name: "stuck", args: { create: "true", delete: "true" } });
      await stack.destroy();
      assert.deepEqual(await stack.commands(), {});
    });
  });
});
