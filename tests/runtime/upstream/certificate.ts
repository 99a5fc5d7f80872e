/** A certificate for a name, signed by its own key, made for one test (RFC 5280, as little of it as there must be). */

export interface Certificate {
  /** PEM. */
  cert: string;
  key: string;
}

/** Valid for `name` for a day. */
export async function certificateFor(name: string): Promise<Certificate> {
  const algorithm = { name: "ECDSA", namedCurve: "P-256" };
  const { publicKey, privateKey } = await crypto.subtle.generateKey(
    algorithm,
    true,
    ["sign", "verify"],
  );
  const ecdsaWithSha256 = sequence(oid(0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 3, 2));
  const subject = sequence(
    der(0x31, sequence(oid(0x55, 4, 3), der(0x0c, ascii(name)))),
  );
  const day = 86_400_000;
  const body = sequence(
    der(0xa0, der(2, [2])),
    der(2, [1, ...crypto.getRandomValues(new Uint8Array(8))]),
    ecdsaWithSha256,
    subject,
    sequence(time(Date.now() - day), time(Date.now() + day)),
    subject,
    new Uint8Array(await crypto.subtle.exportKey("spki", publicKey)),
    // The name it is for: subjectAltName, dNSName.
    der(
      0xa3,
      sequence(
        sequence(
          oid(0x55, 0x1d, 0x11),
          der(4, sequence(der(0x82, ascii(name)))),
        ),
      ),
    ),
  );
  const signature = new Uint8Array(
    await crypto.subtle.sign(
      { name: "ECDSA", hash: "SHA-256" },
      privateKey,
      body,
    ),
  );
  const signed = sequence(
    der(2, positive(signature.subarray(0, 32))),
    der(2, positive(signature.subarray(32))),
  );
  const certificate = sequence(
    body,
    ecdsaWithSha256,
    der(3, [0, ...signed]),
  );
  const pkcs8 = new Uint8Array(
    await crypto.subtle.exportKey("pkcs8", privateKey),
  );
  return {
    cert: pem("CERTIFICATE", certificate),
    key: pem("PRIVATE KEY", pkcs8),
  };
}

function der(tag: number, content: ArrayLike<number>): Uint8Array<ArrayBuffer> {
  const { length } = content;
  const size = length < 0x80
    ? [length]
    : length < 0x100
    ? [0x81, length]
    : [0x82, length >> 8, length & 0xff];
  return Uint8Array.from([tag, ...size, ...Array.from(content)]);
}

function sequence(...parts: Uint8Array[]): Uint8Array<ArrayBuffer> {
  return der(0x30, parts.flatMap((part) => [...part]));
}

function oid(...bytes: number[]): Uint8Array {
  return der(6, bytes);
}

/** The bytes of a number whose first bit would make it negative. */
function positive(bytes: Uint8Array): number[] {
  const at = bytes.findIndex((byte) => byte !== 0);
  const rest = [...bytes.subarray(at)];
  return rest[0]! >= 0x80 ? [0, ...rest] : rest;
}

function time(milliseconds: number): Uint8Array {
  const text = new Date(milliseconds).toISOString();
  return der(0x17, ascii(text.slice(2, 19).replace(/[-:T]/g, "") + "Z"));
}

function ascii(text: string): number[] {
  return [...text].map((c) => c.charCodeAt(0));
}

function pem(what: string, bytes: Uint8Array): string {
  const base64 = btoa(String.fromCharCode(...bytes));
  const lines = base64.match(/.{1,64}/g)!.join("\n");
  return `-----BEGIN ${what}-----\n${lines}\n-----END ${what}-----\n`;
}
