import type { LightHost } from "../tests/lab/light-host";
import { type Contender, stepTimeoutMs } from "./contender";
import type { Workload } from "./workload";

/** The `docker` command, one after the other or many at once. With many, the engine is busy all the time: the floor. */
export function dockerCli(host: LightHost, { networks, containers, image }: Workload, atOnce: number): Contender {
  const docker = async (lines: readonly string[]) => {
    const options = { input: `${lines.join("\n")}\n`, timeoutMs: stepTimeoutMs };
    await host.exec(`xargs -L 1 -P ${atOnce} docker >/dev/null`, options);
  };
  return {
    name: atOnce === 1 ? "docker, one by one" : `docker, ${atOnce} at once`,
    previews: [],
    async create() {
      await docker(
        networks.map(
          ({ name, parent, subnet, gateway }) =>
            `network create --driver macvlan --opt parent=${parent} --subnet ${subnet} --gateway ${gateway} ${name}`,
        ),
      );
      await docker(
        containers.map(
          ({ name, network }) => `run --detach --restart unless-stopped --network ${network} --name ${name} ${image}`,
        ),
      );
    },
    async destroy() {
      await docker(containers.map(({ name }) => `rm --force ${name}`));
      await docker(networks.map(({ name }) => `network rm ${name}`));
    },
  };
}
