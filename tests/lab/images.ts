import { chmodSync, copyFileSync, mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { cached, hashOf } from "./cache";
import { shellWord } from "./exec";
import type { LabHost } from "./host";
import { onPath, run } from "./process";
import { busyboxOf, lightTree } from "./trees";

/** Images of the lab, by what they do. */
export const LabImage = {
  /** Busybox: ping, arping, ip, nc, udhcpc, wget, traceroute… It waits until it is stopped; so does its /sbin/my_init. */
  probe: "wirework/probe:lab",
  /** Answers each client on port 7000 (or the ports in its arguments), TCP and UDP, with the address that it sees. */
  addressEcho: "wirework/address-echo:lab",
} as const;
export type LabImage = (typeof LabImage)[keyof typeof LabImage];

interface Recipe {
  readonly inputs: () => { texts?: string[]; paths?: string[] };
  /** Fills the root folder of the image. */
  readonly fill: (root: string) => Promise<void>;
  /** Dockerfile instructions that `docker import` takes. */
  readonly changes: readonly string[];
}

// A first process that ends on SIGTERM: without the trap, `docker stop` would wait its ten seconds.
export const waits = "trap 'exit 0' TERM INT; while :; do sleep 86400 & wait $!; done";

const path = "ENV PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
const echoSource = join(__dirname, "images/address-echo");

const recipes: Readonly<Record<LabImage, Recipe>> = {
  [LabImage.probe]: {
    inputs: () => ({ texts: [fillProbe.toString(), waits] }),
    fill: fillProbe,
    changes: [path, `CMD ${JSON.stringify(["sh", "-c", waits])}`],
  },
  [LabImage.addressEcho]: {
    inputs: () => ({ paths: [echoSource] }),
    fill: fillAddressEcho,
    changes: [path, 'ENTRYPOINT ["/bin/address-echo"]'],
  },
};

async function fillProbe(root: string): Promise<void> {
  for (const folder of ["bin", "dev", "etc", "proc", "root", "run", "sys", "tmp", "var"]) mkdirSync(join(root, folder));
  symlinkSync("bin", join(root, "sbin"));
  const busybox = join(root, "bin/busybox");
  copyFileSync(busyboxOf(await lightTree("13")), busybox);
  chmodSync(busybox, 0o755);
  chmodSync(join(root, "tmp"), 0o1777);
  for (const applet of (await run(busybox, ["--list"])).stdout.split("\n")) {
    if (applet !== "" && applet !== "busybox") symlinkSync("busybox", join(root, "bin", applet));
  }
  writeFileSync(join(root, "bin/my_init"), `#!/bin/sh\n${waits}\n`, { mode: 0o755 }); // what some vendors start
  writeFileSync(join(root, "etc/passwd"), "root:x:0:0:root:/root:/bin/sh\n");
  writeFileSync(join(root, "etc/group"), "root:x:0:\n");
}

async function fillAddressEcho(root: string): Promise<void> {
  if (!(await onPath("go")))
    throw new Error("lab images: the program address-echo needs Go (package golang-go) to be built");
  mkdirSync(join(root, "bin"));
  await run("nice", ["go", "build", "-trimpath", "-ldflags=-s -w", "-o", join(root, "bin/address-echo"), "."], {
    cwd: echoSource,
    env: { CGO_ENABLED: "0", GOFLAGS: "", GOTOOLCHAIN: "local", GOWORK: "off" },
  });
}

/** The image as a tar file for `docker import`; made and cached when it is not there. Made outside the lab, it is there inside. */
export async function imageTar(image: LabImage): Promise<string> {
  const recipe = recipes[image];
  const name = image.replace(/^wirework\//, "").replace(/:.*/, "");
  const folder = await cached(`images/${name}-${hashOf(recipe.inputs())}`, `image ${image}`, async (part) => {
    const root = join(part, "root");
    mkdirSync(root);
    await recipe.fill(root);
    const plain = ["--sort=name", "--mtime=@0", "--owner=0", "--group=0", "--numeric-owner"];
    await run("tar", [...plain, "-C", root, "-cf", join(part, "image.tar"), "."]);
  });
  return join(folder, "image.tar");
}

/** Makes every image of the lab, so that no host has to wait for one. */
export async function prepareImages(): Promise<void> {
  for (const image of Object.values(LabImage)) await imageTar(image);
}

/** Gives a host images of the lab. */
export async function loadImages(host: LabHost, images: readonly LabImage[] = Object.values(LabImage)): Promise<void> {
  for (const image of images) {
    const changes = recipes[image].changes.map((change) => `--change ${shellWord(change)}`);
    await host.exec(`docker import ${changes.join(" ")} - ${image}`, { inputFile: await imageTar(image) });
  }
}
