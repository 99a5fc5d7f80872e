/** Tells a file of Envoy's shape from the others. */
import { JsonSyntaxError, parseJson } from "../json.ts";

/** Any of these makes a file Envoy's: what it serves, or plugins that run without traffic. */
const KEYS = [
  "static_resources",
  "staticResources",
  "bootstrap_extensions",
  "bootstrapExtensions",
];

/** In YAML, or in broken JSON: at the beginning of a line, or right in the object where the file is one in braces. */
const KEY_IN_TEXT = new RegExp(
  `(?:^|^\\ufeff?\\s*\\{[^{}]*)(["']?)(?:${KEYS.join("|")})\\1[ \\t]*:`,
  "m",
);

/** Whether `text` is a file of Envoy's: an object with `static_resources` or `bootstrap_extensions`, in JSON or in YAML. */
export function isEnvoyText(text: string): boolean {
  if (!KEYS.some((key) => text.includes(key))) return false;
  try {
    const root = parseJson(text);
    return typeof root === "object" && root !== null &&
      KEYS.some((key) => Object.hasOwn(root, key));
  } catch (error) {
    if (!(error instanceof JsonSyntaxError)) throw error;
    return KEY_IN_TEXT.test(text);
  }
}
