/** Tells a file of Envoy's shape from the others. */
import { JsonSyntaxError, parseJson } from "../json.ts";

/** Whether `text` is a file of Envoy's: an object with `static_resources`, in JSON or in YAML. */
export function isEnvoyText(text: string): boolean {
  if (!/static_?[rR]esources/.test(text)) return false;
  try {
    return hasResources(parseJson(text));
  } catch (error) {
    if (!(error instanceof JsonSyntaxError)) throw error;
    // At the beginning of a line, or right in the object where the file is one in braces.
    return /(?:^|^\ufeff?\s*\{[^{}]*)(["']?)(?:static_resources|staticResources)\1[ \t]*:/m
      .test(text);
  }
}

/** Whether a file's value is of Envoy's shape. */
export function hasResources(root: unknown): boolean {
  return typeof root === "object" && root !== null &&
    (Object.hasOwn(root, "static_resources") ||
      Object.hasOwn(root, "staticResources"));
}
