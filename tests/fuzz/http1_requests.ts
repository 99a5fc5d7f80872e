/** Requests of HTTP/1 that are worth mutating. */
import { bytesOf } from "../../runtime/http/write.ts";

export const HTTP1_REQUESTS: Uint8Array[] = [
  "GET / HTTP/1.1\r\nhost: a\r\n\r\n",
  "GET /1 HTTP/1.1\r\nhost: a\r\n\r\nGET /2 HTTP/1.1\r\nhost: a\r\n\r\n",
  "POST /p?q HTTP/1.1\r\nHost: a:1\r\nContent-Length: 2\r\n\r\nokGET / HTTP/1.0\r\n\r\n",
  "POST / HTTP/1.1\r\nhost: a\r\nTransfer-Encoding: Chunked\r\n\r\n" +
  "3;x=y\r\nabc\r\nA\r\n0123456789\r\n0\r\nx-t: 1\r\n\r\n" +
  "GET http://b/ HTTP/1.1\r\nhost: a\r\n\r\n",
  "POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 3\r\ncontent-length: 3\r\n" +
  "connection: close\r\n\r\nabcGET / HTTP/1.1\r\nhost: a\r\n\r\n",
  "POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 3\r\n" +
  "transfer-encoding: chunked\r\n\r\n0\r\n\r\n",
  "\r\nGET / HTTP/1.1\nhost: a\nx-a: \xe9\n\n",
  "OPTIONS * HTTP/1.1\r\nhost: a\r\nexpect: 100-continue\r\nte: trailers\r\n" +
  "connection: x-a, keep-alive\r\nx-a: 1\r\ncontent-length: 1\r\n\r\n.",
  "HEAD / HTTP/1.0\r\nconnection: keep-alive\r\n\r\nPRI * HTTP/2.0\r\n\r\n",
  "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
].map(bytesOf);
