/** Every command there is. From this table come dispatch and `--help`. */

/** Runs a command with the arguments after its name and gives the exit status. */
export type Run = (args: readonly string[]) => Promise<number>;

export interface Option {
  /** As it is written, with its value: `--tag REF`. The flag is the word before the blank. */
  readonly flag: string;
  readonly doc: string;
  /** Whether it may be given more than once. */
  readonly many?: true;
}

export interface Command {
  /** One or two words. */
  readonly name: string;
  /** What follows the name. */
  readonly usage: string;
  /** One line. */
  readonly summary: string;
  /** What more there is to know; lines of at most 80 characters. */
  readonly detail?: string;
  readonly options: readonly Option[];
  /** Whether it takes every setting as a flag. */
  readonly takesSettings?: true;
  readonly load: () => Promise<Run>;
}

/** Options of `image pack`. */
export const PACK_OPTIONS = [
  { flag: "--tag REF", doc: "The image's name, e.g. localhost/hello:1.0." },
  { flag: "-o FILE", doc: "The tar file to write." },
  {
    flag: "--platform OS/ARCH",
    doc:
      "What the image says it is for: wasip1/wasm (the default; nodes of every architecture take it) or, for tools that know only Linux, linux/amd64 and its like.",
  },
  {
    flag: "--entry PATH",
    doc: "Where in the image the function lies. Default /function.wasm.",
  },
  {
    flag: "--env KEY=VALUE",
    doc: "A variable of the function's environment.",
    many: true,
  },
  {
    flag: "--layer FILE",
    doc: "A tar file that becomes a layer below the function.",
    many: true,
  },
] as const satisfies readonly Option[];

export const COMMANDS: readonly Command[] = [
  {
    name: "start",
    usage: "[-c FILE] [--SETTING VALUE…]",
    summary: "Run functions on this machine until Ctrl-C",
    detail:
      "Without a configuration file it runs the two demo functions of the sources.",
    options: [
      {
        flag: "--component-log-level COMPONENT:LEVEL,…",
        doc:
          "With a file of Envoy's shape, as Envoy takes it: wasm:LEVEL is the least level of plugins' log lines, which are then worded as Envoy's.",
      },
      {
        flag: "-l LEVEL",
        doc: "With a file of Envoy's shape: the same as --log-level.",
      },
    ],
    takesSettings: true,
    load: async () => (await import("./start.ts")).start,
  },
  {
    name: "image pack",
    usage: "--tag REF -o FILE.tar FUNCTION.wasm",
    summary: "Put a function into an image that containerd imports",
    detail: "Import it with: ctr image import FILE.tar",
    options: PACK_OPTIONS,
    load: async () => (await import("./image/pack.ts")).pack,
  },
  {
    name: "inspect",
    usage: "FUNCTION.wasm | --config [FILE]",
    summary: "Say what a module is, or where each setting comes from",
    options: [
      {
        flag: "--config [FILE]",
        doc:
          "Every setting with its value and origin, as start would take them from the flags given here, the environment and FILE. Of a file of Envoy's shape: its listeners, filters, routes and clusters.",
      },
    ],
    load: async () => (await import("./inspect.ts")).inspect,
  },
  {
    name: "version",
    usage: "",
    summary: "Say the version, and how this program was made",
    options: [],
    load: async () => (await import("./version.ts")).version,
  },
];
