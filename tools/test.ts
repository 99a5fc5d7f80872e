/**
 * `deno task test`: what the end-to-end tests need is installed and built, then every test runs. Arguments go on to
 * `deno test` (`deno task test --filter "scenario 10"`, `deno task test tests/abi`). The last line it prints is
 * `N passed, N failed, N skipped`; with `CI=true` a skipped test counts as failed.
 */
import { cannotInstall, installMissing } from "./packages.ts";
import { count, type Counts, skippedNames } from "./test_counts.ts";

/** The whole run ends at the latest then: a hang must not eat a CI job. Milliseconds. */
const DEADLINE = 20 * 60_000;

const root = decodeURIComponent(new URL("..", import.meta.url).pathname);

if (import.meta.main) Deno.exit(await main(Deno.args));

async function main(args: string[]): Promise<number> {
  if (!await prepare() || !await build()) {
    return finish({ passed: 0, failed: 1, skipped: 0 });
  }
  const output = await test(args[0] === "--" ? args.slice(1) : args);
  const skipped = skippedNames(output);
  if (skipped.length > 0) {
    console.log(`\nskipped:\n  ${skipped.join("\n  ")}`);
  }
  return finish(count(output));
}

/** Installs packages where that is possible; elsewhere the tests that want them will be skipped. */
async function prepare(): Promise<boolean> {
  const reason = await cannotInstall();
  if (reason !== "") {
    console.log(`end-to-end tests are skipped: ${reason}`);
    return true;
  }
  try {
    await installMissing();
    return true;
  } catch (error) {
    console.error((error as Error).message);
    return false;
  }
}

async function build(): Promise<boolean> {
  for (const script of ["tools/build_examples.ts", "tools/build.ts"]) {
    console.log(`running ${script}`);
    const { success } = await new Deno.Command(Deno.execPath(), {
      args: ["run", "-A", "--quiet", script],
      cwd: root,
      stdin: "null",
      stdout: "inherit",
      stderr: "inherit",
    }).spawn().status;
    if (success) continue;
    console.error(`${script} failed, so no test was run`);
    return false;
  }
  return true;
}

/** Runs `deno test` and gives what it printed; it is shown as it comes. Types are `deno task check`'s business. */
async function test(args: string[]): Promise<string> {
  const paths = args.some((arg) => isPath(arg)) ? [] : ["tests"];
  const child = new Deno.Command(Deno.execPath(), {
    args: ["test", "-A", "--quiet", "--no-check", ...args, ...paths],
    cwd: root,
    env: { NO_COLOR: "1" },
    stdin: "null",
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
  const timer = setTimeout(() => {
    console.error(`no end within ${DEADLINE / 60_000} minutes`);
    child.kill("SIGKILL");
  }, DEADLINE);
  const text = new TextDecoder();
  let output = "";
  for await (const chunk of child.stdout) {
    await writeAll(chunk);
    output += text.decode(chunk, { stream: true });
  }
  const { success } = await child.status;
  clearTimeout(timer);
  // Without a verdict of its own (killed, crashed, nothing to run) the run has failed.
  return success || /^FAILED \|/m.test(output)
    ? output
    : `${output}\nFAILED | 0 passed | 1 failed\n`;
}

async function writeAll(bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.length;) {
    at += await Deno.stdout.write(bytes.subarray(at));
  }
}

function isPath(arg: string): boolean {
  if (arg.startsWith("-")) return false;
  try {
    Deno.statSync(`${root}/${arg}`);
    return true;
  } catch {
    return false;
  }
}

/** Prints the last line; the exit code says whether all is well. */
function finish({ passed, failed, skipped }: Counts): number {
  if (Deno.env.get("CI") === "true" && skipped > 0) {
    console.log("CI=true: each skipped test counts as failed");
    failed += skipped;
    skipped = 0;
  }
  console.log(`\n${passed} passed, ${failed} failed, ${skipped} skipped`);
  return failed > 0 ? 1 : 0;
}
