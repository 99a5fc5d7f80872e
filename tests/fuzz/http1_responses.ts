/** Responses of HTTP/1 servers that are worth mutating. */
import { latin1 } from "../runtime/upstream/harness.ts";

export const HTTP1_RESPONSES: Uint8Array[] = [
  "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok",
  "HTTP/1.0 200 OK\r\nx-a: b\r\n\r\nuntil the end",
  "HTTP/1.1 204 No\r\n\r\n",
  "HTTP/1.1 304 Not\r\ncontent-length: 10\r\n\r\n",
  "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Hints\r\nlink: x\r\n\r\n" +
  "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n" +
  "3;x=y\r\nabc\r\nA\r\n0123456789\r\n0\r\nx-t: 1\r\n\r\n",
  "HTTP/1.1 200 OK\nTransfer-Encoding: Chunked\n\n1\r\na\r\n0\r\n\r\n",
  "HTTP/1.1 200 OK\r\ncontent-length: 3\r\ncontent-length: 3\r\n" +
  "connection: close\r\nset-cookie: a\r\nset-cookie: b\r\n\r\nabcHTTP/1.1 200",
  "HTTP/1.1 101 Switch\r\nupgrade: h2c\r\n\r\n",
].map(latin1);
