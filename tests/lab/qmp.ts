import { connect } from "node:net";

/** Sends one command to a QEMU by its control socket and gives the answer. */
export function qmp(socketPath: string, command: string, args: object = {}): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const socket = connect(socketPath);
    const fail = (why: string) => {
      socket.destroy();
      reject(new Error(`QEMU: ${command}: ${why}`));
    };
    let rest = "";
    let answers = 0;
    socket.setEncoding("utf8").setTimeout(10_000, () => fail("no answer within 10 s"));
    socket.on("error", (error) => fail(error.message));
    // `quit` may end QEMU before it has answered.
    socket.on("close", () => (command === "quit" ? resolve(undefined) : fail("the connection was closed")));
    socket.on("data", (text: string) => {
      const lines = (rest + text).split("\n");
      rest = lines.pop()!;
      for (const line of lines) {
        const message = JSON.parse(line) as { QMP?: object; return?: unknown; error?: { desc: string } };
        if (message.error) return fail(message.error.desc);
        // The greeting, then the answer to the first command, which every connection must send, then ours; events in between.
        if (message.QMP) socket.write(`${JSON.stringify({ execute: "qmp_capabilities" })}\n`);
        if (!("return" in message)) continue;
        answers += 1;
        if (answers === 1) socket.write(`${JSON.stringify({ execute: command, arguments: args })}\n`);
        else {
          resolve(message.return);
          socket.destroy();
        }
      }
    });
  });
}
