/** `--help`, made from the table of commands and the table of settings. */
import { type Command, COMMANDS, type Option } from "./table.ts";

const WIDTH = 80;

/** What `layotto --help` prints. */
export function overview(): string {
  const width = Math.max(...COMMANDS.map(({ name }) => name.length));
  return [
    "Layotto runs WebAssembly functions and gives them services, resources and safety.",
    "",
    "usage: layotto COMMAND",
    "",
    ...COMMANDS.map(({ name, summary }) =>
      `  ${name.padEnd(width)}  ${summary}`
    ),
    "",
    "layotto COMMAND --help says more. The same program is a containerd shim when",
    "containerd calls it.",
  ].join("\n");
}

/** What `layotto COMMAND --help` prints. */
export async function commandHelp(command: Command): Promise<string> {
  const lines = [
    `${command.summary}.`,
    "",
    `usage: layotto ${command.name} ${command.usage}`.trimEnd(),
  ];
  if (command.detail) lines.push("", command.detail);
  if (command.options.length > 0) {
    lines.push("", ...command.options.flatMap(describe));
  }
  if (command.takesSettings) {
    const { settingsHelp } = await import("../runtime/settings/docs.ts");
    lines.push("", settingsHelp());
  }
  return lines.join("\n");
}

function describe(option: Option): string[] {
  const doc = option.many ? `${option.doc} May be repeated.` : option.doc;
  return [
    `  ${option.flag}`,
    ...wrap(doc, WIDTH - 8).map((line) => `        ${line}`),
  ];
}

function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(" ")) {
    const longer = line === "" ? word : `${line} ${word}`;
    if (longer.length <= width) {
      line = longer;
      continue;
    }
    lines.push(line);
    line = word;
  }
  return [...lines, line];
}
