/** Names of images, as containerd and Kubernetes write them in full. */
import { UsageError } from "../usage.ts";

export interface Reference {
  /** In full: `docker.io/library/hello:latest` for `hello`. */
  name: string;
  /** `latest` where none was given. */
  tag: string;
}

const COMPONENT = "[a-z0-9]+(?:(?:\\.|_|__|-+)[a-z0-9]+)*";
const PATH = new RegExp(`^${COMPONENT}(?:/${COMPONENT})*$`);
const HOST =
  /^(?:[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?|\[[0-9a-fA-F:]+\])(?::[0-9]{1,5})?$/;
const TAG = /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}$/;

/** Greatest length of a name in full, characters. */
const MAX_NAME = 255;

/**
 * A name with what it leaves out: kubelet asks containerd for images by the full name only.
 * @throws {UsageError} what is no name of an image.
 */
export function readReference(text: string): Reference {
  const fail = (expected: string): never => {
    throw new UsageError(
      `--tag: found ${JSON.stringify(text)}, expected ${expected}`,
    );
  };
  if (text.includes("@")) fail("a name and a tag, without a digest");
  const slash = text.indexOf("/");
  const first = slash < 0 ? "" : text.slice(0, slash);
  const isHost = first === "localhost" || /[.:]/.test(first);
  const host = isHost ? first : "docker.io";
  const tail = isHost ? text.slice(slash + 1) : text;
  const colon = tail.lastIndexOf(":");
  const path = colon < 0 ? tail : tail.slice(0, colon);
  const tag = colon < 0 ? "latest" : tail.slice(colon + 1);
  if (!HOST.test(host) || !PATH.test(path) || !TAG.test(tag)) {
    fail(
      "an image's name in lower case with a tag, such as localhost/hello:1.0",
    );
  }
  const full = !isHost && !path.includes("/") ? `library/${path}` : path;
  const name = `${host}/${full}:${tag}`;
  if (name.length > MAX_NAME) fail(`at most ${MAX_NAME} characters`);
  return { name, tag };
}
