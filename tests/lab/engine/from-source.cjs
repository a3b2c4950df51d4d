// Preloaded into programs of the lab: they write `import … from "wirework"` as a user does, and get the sources of this checkout,
// so that no test runs against an old build. What TypeScript makes of them is kept by their hash: to make it anew takes seconds
// of each run of the engine.
const { createHash } = require("node:crypto");
const fs = require("node:fs");
const Module = require("node:module");
const { basename, dirname, join, relative } = require("node:path");

const checkout = join(__dirname, "..", "..", "..");

function sources(path) {
  return fs.statSync(path).isDirectory()
    ? fs
        .readdirSync(path)
        .sort()
        .flatMap((name) => sources(join(path, name)))
    : [path];
}

function library() {
  const texts = [join(checkout, "index.ts"), ...sources(join(checkout, "lib"))].map((path) => {
    return { path: relative(checkout, path), text: fs.readFileSync(path, "utf8") };
  });
  const hash = createHash("sha256")
    .update(JSON.stringify([process.version, texts]))
    .digest("hex")
    .slice(0, 16);
  // Inside node_modules, so that what is made there finds the packages that the program finds.
  const made = join(fs.realpathSync(join(checkout, "node_modules")), ".cache", "wirework", hash);
  if (!fs.existsSync(made)) make(made, texts);
  return join(made, "index.js");
}

function make(folder, texts) {
  const ts = require("typescript");
  const options = { target: ts.ScriptTarget.ES2020, module: ts.ModuleKind.CommonJS };
  fs.mkdirSync(dirname(folder), { recursive: true });
  const part = fs.mkdtempSync(join(dirname(folder), `.${basename(folder)}-`));
  for (const { path, text } of texts) {
    const isSource = path.endsWith(".ts");
    const file = join(part, isSource ? path.replace(/ts$/, "js") : path);
    fs.mkdirSync(dirname(file), { recursive: true });
    fs.writeFileSync(
      file,
      isSource ? ts.transpileModule(text, { compilerOptions: options, fileName: path }).outputText : text,
    );
  }
  try {
    fs.renameSync(part, folder);
  } catch (error) {
    // Another run was faster.
    fs.rmSync(part, { recursive: true });
    if (!fs.existsSync(folder)) throw error;
  }
}

let found;
const resolve = Module._resolveFilename;

Module._resolveFilename = function (request, ...rest) {
  if (request !== "wirework") return resolve.call(this, request, ...rest);
  found ??= library();
  return found;
};
