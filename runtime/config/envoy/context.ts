/** What reading a file of Envoy's shape needs of its surroundings. */
export interface EnvoyOptions {
  /** The file as errors name it. */
  readonly file: string;
  /** The current folder: paths in the file are relative to it, as Envoy has it. */
  readonly cwd: string;
  /** This process's variables, for what the file takes from them. */
  readonly env: Readonly<Record<string, string>>;
  readonly files: FileAccess;
}

export interface FileAccess {
  /**
   * The file's bytes, at most `limit`.
   * @throws {Error} saying why not.
   */
  read(path: string, limit: number): Uint8Array;
  /** Why `path` is no readable file; undefined where it is one. */
  problem(path: string): string | undefined;
}
