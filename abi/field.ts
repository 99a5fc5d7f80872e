/** What a field of HTTP may hold (RFC 9110 §5). By hand: for texts this short a regular expression costs five times that. */

/** The characters of a token (§5.6.2). */
const TOKEN = new Uint8Array(256);
for (const character of "!#$%&'*+-.^_`|~0123456789") {
  TOKEN[character.charCodeAt(0)] = 1;
}
for (let i = 0; i < 26; i++) TOKEN[65 + i] = TOKEN[97 + i] = 1;

/** Whether a text is what HTTP calls a token, as names of fields and methods are. */
export function isToken(text: string): boolean {
  for (let i = 0; i < text.length; i++) {
    if (!isTokenCode(text.charCodeAt(i))) return false;
  }
  return text.length > 0;
}

/** Whether a character may be in one; what is beyond the table may not. */
export function isTokenCode(code: number): boolean {
  return TOKEN[code] === 1;
}

/** Whether every HTTP stack carries that value: one byte for each character, and none that ends a line or a text. */
export function isFieldValue(value: string): boolean {
  for (let i = 0; i < value.length; i++) {
    if (!isValueCode(value.charCodeAt(i))) return false;
  }
  return true;
}

/** Whether a character may be in one. */
export function isValueCode(code: number): boolean {
  return code !== 0 && code !== 10 && code !== 13 && code <= 0xff;
}

/** A name in lower case: of ASCII alone, other bytes mean nothing. */
export function lowerName(name: string): string {
  for (let i = 0; i < name.length; i++) {
    const code = name.charCodeAt(i);
    if (code >= 65 && code <= 90) {
      return name.replace(/[A-Z]+/g, (letters) => letters.toLowerCase());
    }
  }
  return name;
}
