// The program of the command plugin's conformance tests: each Command of the file DECLARED, in its order.
// Plain JavaScript, because loading the TypeScript compiler would take a third of each run.
const { readFileSync } = require("node:fs");
const command = require("@pulumi/command");
const pulumi = require("@pulumi/pulumi");

// What the engine gets from a language whose SDK does nothing by itself.
class RawCommand extends pulumi.CustomResource {
  constructor(name, args, options) {
    super("command:remote:Command", name, args, options);
  }
}

const made = {};
for (const { name, args, secrets = [], triggeredBy, options, raw } of JSON.parse(
  readFileSync(process.env.DECLARED, "utf8"),
)) {
  for (const key of secrets) args[key] = pulumi.secret(args[key]);
  if (triggeredBy) {
    const [other, output] = triggeredBy.split(".");
    args.triggers = [made[other][output]];
  }
  const Command = raw ? RawCommand : command.remote.Command;
  made[name] = new Command(name, args, options);
}
