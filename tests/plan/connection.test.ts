import { strict as assert } from "node:assert";
import { createHash } from "node:crypto";
import { type ConnectionSettings, planConnection } from "../../lib/plan/connection";
import { problemsOf } from "./support";

/** A field of an SSH key: its length, then itself. */
function field(bytes: Buffer | string): Buffer {
  const body = Buffer.from(bytes);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(body.length);
  return Buffer.concat([length, body]);
}

const blob = Buffer.concat([field("ssh-ed25519"), field(Buffer.alloc(32, 7))]);
const hostKey = `ssh-ed25519 ${blob.toString("base64")}`;
const identity = createHash("sha256").update(blob).digest("hex").slice(0, 16);

function openssh(cipher: string): string {
  const body = Buffer.concat([Buffer.from("openssh-key-v1\0"), field(cipher), Buffer.from("canary-canary-canary")]);
  return `-----BEGIN OPENSSH PRIVATE KEY-----\n${body.toString("base64")}\n-----END OPENSSH PRIVATE KEY-----`;
}
const privateKey = openssh("none");

function plan(settings: object) {
  return planConnection({ component: "Host", name: "edge" }, settings as ConnectionSettings);
}

describe("a connection", () => {
  it("has defaults for everything but address and host key", () => {
    assert.deepEqual(plan({ address: "192.0.2.10", hostKey }), {
      address: "192.0.2.10",
      port: 22,
      user: "root",
      hostKey,
      identity,
      sudo: false,
      detectDrift: false,
      dialAttempts: 10,
      dockerEndpoint: "ssh://root@192.0.2.10:22",
      warnings: [],
    });
  });

  it("with all arguments comes to this", () => {
    const settings: ConnectionSettings = {
      address: "[FD00:0:0::10]",
      port: 2222,
      user: "noc_1",
      privateKey: `\n${privateKey}\n\n`,
      agentSocketPath: "/run/user/1000/agent.sock",
      hostKey: `${hostKey} root@edge\n`,
      identity: "edge-1",
      dialAttempts: 3,
      proxy: { address: "jump.example.net", port: 2200, user: "jump", privateKey, hostKey },
    };
    assert.deepEqual(plan(settings), {
      address: "fd00::10",
      port: 2222,
      user: "noc_1",
      privateKey: `${privateKey}\n`,
      agentSocketPath: "/run/user/1000/agent.sock",
      hostKey,
      identity: "edge-1",
      sudo: true,
      detectDrift: false,
      proxy: { address: "jump.example.net", port: 2200, user: "jump", privateKey: `${privateKey}\n`, hostKey },
      dialAttempts: 3,
      dockerEndpoint: "ssh://noc_1@[fd00::10]:2222",
      warnings: [],
    });
  });

  const endpoints: [address: string, endpoint: string][] = [
    ["fd00::10", "ssh://root@[fd00::10]:22"],
    ["[2001:db8:0::1]", "ssh://root@[2001:db8::1]:22"],
    ["edge-1.example.net", "ssh://root@edge-1.example.net:22"],
    ["127.0.0.1", "ssh://root@127.0.0.1:22"],
  ];
  for (const [address, endpoint] of endpoints) {
    it(`to ${address} leads Docker to ${endpoint}`, () => {
      assert.equal(plan({ address, hostKey }).dockerEndpoint, endpoint);
    });
  }

  it("takes every host key type, and the identity from the key alone", () => {
    for (const type of ["ssh-rsa", "ecdsa-sha2-nistp256", "sk-ssh-ed25519@openssh.com"]) {
      const key = Buffer.concat([field(type), field("x")]).toString("base64");
      assert.equal(plan({ address: "h", hostKey: `${type} ${key}` }).hostKey, `${type} ${key}`);
    }
    assert.equal(plan({ address: "h", hostKey: `${hostKey} a comment` }).identity, identity);
  });

  it("without a host key must be asked for, named, and warned of", () => {
    const planned = plan({ address: "h", insecureIgnoreHostKey: true, identity: "lab" });
    assert.equal(planned.identity, "lab");
    assert.match(planned.warnings.join(), /any host key is accepted/);
  });

  it("warns of plain TCP to Docker, and of a key that Docker's ssh cannot use", () => {
    assert.match(plan({ address: "h", hostKey, dockerEndpoint: "tcp://h:2375" }).warnings.join(), /root on the host/);
    const encrypted = { address: "h", hostKey, privateKey: openssh("aes256-ctr"), privateKeyPassword: "canary" };
    assert.match(plan(encrypted).warnings.join(), /SSH agent/);
    assert.deepEqual(plan({ ...encrypted, dockerEndpoint: "unix:///run/docker.sock" }).warnings, []);
  });

  const good = { address: "192.0.2.10", hostKey };
  const cut = `ssh-ed25519 ${blob.subarray(0, 30).toString("base64")}`;
  const otherType = `ssh-rsa ${blob.toString("base64")}`;
  const refused: [settings: object, property: string, rule: RegExp][] = [
    [{ hostKey }, "address", /is missing/],
    [{ ...good, address: "" }, "address", /is not an address/],
    [{ ...good, address: "edge_1" }, "address", /is not a host name/],
    [{ ...good, address: "a b" }, "address", /is not a host name/],
    [{ ...good, address: "-oProxyCommand=id" }, "address", /is not a host name/],
    [{ ...good, address: "192.0.2.300" }, "address", /is not an address/],
    [{ ...good, address: "192.0.2.10:22" }, "address", /is not an address/],
    [{ ...good, address: "[192.0.2.10]" }, "address", /IPv4 address where IPv6 is meant/],
    [{ ...good, address: "fe80::1%eth0" }, "address", /zone/],
    [{ ...good, address: "fe80::1" }, "address", /link-local/],
    [{ ...good, address: "::" }, "address", /unspecified/],
    [{ ...good, address: "224.0.0.1" }, "address", /multicast/],
    [{ ...good, address: null }, "address", /is null/],
    [{ ...good, port: 0 }, "port", /whole number of 1-65535/],
    [{ ...good, port: 65536 }, "port", /whole number of 1-65535/],
    [{ ...good, port: "22" }, "port", /whole number/],
    [{ ...good, port: Number.NaN }, "port", /whole number/],
    [{ ...good, user: "" }, "user", /is not a user name/],
    [{ ...good, user: "-root" }, "user", /is not a user name/],
    [{ ...good, user: "root;id" }, "user", /is not a user name/],
    [{ address: "h" }, "hostKey", /is missing/],
    [{ address: "h", hostKey: "" }, "hostKey", /does not begin with a key type/],
    [{ address: "h", hostKey: `h ${hostKey}` }, "hostKey", /begins with a host name/],
    [{ address: "h", hostKey: "ssh-ed25519" }, "hostKey", /is not base64/],
    [{ address: "h", hostKey: "ssh-ed25519 AAAA!" }, "hostKey", /is not base64/],
    [{ address: "h", hostKey: cut }, "hostKey", /another type or cut off/],
    [{ address: "h", hostKey: otherType }, "hostKey", /says ssh-rsa/],
    [{ address: "h", hostKey: "ssh-dss AAAA" }, "hostKey", /does not begin with a key type/],
    [{ address: "h", hostKey: `${hostKey}\n${hostKey}` }, "hostKey", /has 2 lines/],
    [{ address: "h", hostKey: privateKey }, "hostKey", /has 3 lines/],
    [{ ...good, insecureIgnoreHostKey: true }, "insecureIgnoreHostKey", /contradicts hostKey/],
    [{ ...good, insecureIgnoreHostKey: "yes" }, "insecureIgnoreHostKey", /is not a switch/],
    [{ address: "h", insecureIgnoreHostKey: true }, "identity", /is missing/],
    [{ ...good, identity: "Edge" }, "identity", /is not an identity/],
    [{ ...good, identity: "x".repeat(65) }, "identity", /is not an identity/],
    [{ ...good, privateKey: "" }, "privateKey", /is not a private key/],
    [{ ...good, privateKey: "canary" }, "privateKey", /PEM or OpenSSH/],
    [{ ...good, privateKey: hostKey }, "privateKey", /is a public key/],
    [{ ...good, privateKey: privateKey.slice(0, -5) }, "privateKey", /cut off/],
    [{ ...good, privateKey: openssh("aes256-ctr") }, "privateKey", /is encrypted/],
    [{ ...good, privateKey: ["canary"] }, "privateKey", /is not a private key/],
    [{ ...good, privateKey, privateKeyPassword: "" }, "privateKeyPassword", /is empty/],
    [{ ...good, agentSocketPath: "agent.sock" }, "agentSocketPath", /absolute path/],
    [{ ...good, dialAttempts: 0 }, "dialAttempts", /whole number of 1-100/],
    [{ ...good, dockerEndpoint: "http://user:canary@h" }, "dockerEndpoint", /is not a Docker endpoint/],
    [{ ...good, proxy: { address: "h" } }, "proxy.hostKey", /is missing/],
    [{ ...good, proxy: { address: "h", hostKey, privateKey: "canary" } }, "proxy.privateKey", /PEM or OpenSSH/],
    [{ ...good, proxy: { address: "h", hostKey, passwd: "canary" } }, "proxy.passwd", /is not an argument/],
    [{ ...good, proxy: "canary" }, "proxy", /is not an object/],
    [{ ...good, privatekey: "canary" }, "privatekey", /is not an argument/],
    [{ ...good, password: "canary" }, "password", /is not an argument/],
  ];
  for (const [settings, property, rule] of refused) {
    it(`is refused for ${property}: ${rule.source}`, () => {
      const found = problemsOf(() => plan(settings));
      assert.ok(
        found.some((one) => one.property === property && rule.test(one.rule)),
        `found ${JSON.stringify(found.map((one) => [one.property, one.rule]))}`,
      );
    });
  }

  it("never shows a key or a password, whatever is wrong with it", () => {
    for (const [settings] of refused) {
      try {
        plan(settings);
        assert.fail("accepted");
      } catch (error) {
        const text = JSON.stringify([(error as Error).message, error, (error as Error).stack]);
        assert.ok(
          !text.includes("canary") && !text.includes(Buffer.from("canary").toString("base64").slice(0, 6)),
          text,
        );
      }
    }
  });
});
