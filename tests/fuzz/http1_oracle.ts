/**
 * A second reading of HTTP/1.1 requests, to compare the server's with: slow, and strict where RFC 9112 lets a recipient
 * choose. It looks at all of the bytes at once and shares nothing with what it checks.
 */

/** One request: its first line, and its body. */
export interface Read {
  line: string;
  body: string;
}

/** What a text says: the requests up to the first that is not whole, and whether that is wrong rather than cut short. */
export interface Reading {
  requests: Read[];
  wrong: boolean;
}

const TOKEN = "[!#$%&'*+.^_`|~0-9A-Za-z-]+";
const LINE = new RegExp(
  `^${TOKEN} (/[!-"$-~\\x80-\\xff]*|\\*|[Hh][Tt][Tt][Pp][Ss]?://[^\\x00-\\x20#/?@\\\\\\x7f]+([/?][!-"$-~\\x80-\\xff]*)?) HTTP/1\\.[01]$`,
);
const FIELD = new RegExp(`^(${TOKEN}):([\\t\\x20-\\x7e\\x80-\\xff]*)$`);

export function readRequests(text: string): Reading {
  const requests: Read[] = [];
  while (true) {
    text = text.replace(/^(\r?\n)+/, "");
    const head = /^([^]*?\n)\r?\n/.exec(text);
    if (head === null) return { requests, wrong: false };
    const lines = head[1]!.split(/\r?\n/).slice(0, -1);
    const line = lines.shift()!;
    const fields = lines.map((line) => FIELD.exec(line));
    if (!isLine(line) || !fields.every((field) => field !== null)) {
      return { requests, wrong: true };
    }
    const named = (name: string) =>
      fields.filter((field) => field[1]!.toLowerCase() === name)
        .map((field) => field[2]!.replace(/^[ \t]+|[ \t]+$/g, ""));
    const body = bodyOf(text.slice(head[0].length), line, named);
    if (body === "wrong") return { requests, wrong: true };
    if (body === "short") return { requests, wrong: false };
    requests.push({ line, body: body.text });
    text = body.rest;
    if (isLast(line, named("connection"))) return { requests, wrong: false };
  }
}

function isLine(line: string): boolean {
  if (!LINE.test(line) || /^CONNECT /.test(line)) return false;
  if (line.indexOf(" ") > 64) return false;
  return line.split(" ")[1] !== "*" || line.startsWith("OPTIONS ");
}

function isLast(line: string, connection: string[]): boolean {
  const words = connection.join().toLowerCase().split(",").map((w) => w.trim());
  if (words.includes("close")) return true;
  return line.endsWith("1.0") && !words.includes("keep-alive");
}

type Body = { text: string; rest: string } | "wrong" | "short";

function bodyOf(
  rest: string,
  line: string,
  named: (name: string) => string[],
): Body {
  const hosts = named("host");
  if (hosts.length > 1 || !hosts.length && line.endsWith("1.1")) return "wrong";
  if (/[\t /?#\\@]/.test(hosts[0] ?? "")) return "wrong";
  const codings = named("transfer-encoding");
  const lengths = [...new Set(named("content-length"))];
  if (codings.length > 0) {
    const known = codings.length === 1 && /^chunked$/i.test(codings[0]!);
    return !known || lengths.length > 0 || line.endsWith("1.0")
      ? "wrong"
      : chunksOf(rest);
  }
  if (lengths.length > 1) return "wrong";
  const length = lengths[0] ?? "0";
  if (!/^[0-9]{1,15}$/.test(length)) return "wrong";
  if (rest.length < Number(length)) return "short";
  return {
    text: rest.slice(0, Number(length)),
    rest: rest.slice(Number(length)),
  };
}

function chunksOf(rest: string): Body {
  let text = "";
  while (true) {
    const lf = rest.indexOf("\n");
    if (lf < 0) return "short";
    const size = /^([0-9a-f]{1,12})[ \t]*(;[^\r\n]*)?\r\n$/i
      .exec(rest.slice(0, lf + 1));
    if (size === null) return "wrong";
    rest = rest.slice(lf + 1);
    const length = parseInt(size[1]!, 16);
    if (length === 0) break;
    const end = rest.slice(length, length + 2);
    if (!"\r\n".startsWith(end)) return "wrong";
    if (end.length < 2) return "short";
    text += rest.slice(0, length);
    rest = rest.slice(length + 2);
  }
  const trailers = /^(?:\r?\n|[^]*?\n\r?\n)/.exec(rest)?.[0];
  if (trailers === undefined) return "short";
  const good = trailers.split("\n").slice(0, -1).every((line, i, lines) =>
    i === lines.length - 1
      ? line === "\r"
      : line.endsWith("\r") && FIELD.test(line.slice(0, -1))
  );
  return good ? { text, rest: rest.slice(trailers.length) } : "wrong";
}
