import { bootFullSite, type FullSite } from "./site";

let booted: Promise<FullSite> | undefined;

/** The site; booted by the first scenario that needs it. */
export function fullSite(): Promise<FullSite> {
  booted ??= bootFullSite();
  return booted;
}

// Once, after all scenarios of all files.
after(async () => {
  await (await booted)?.lab.stop();
});
