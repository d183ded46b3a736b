/** Fewest characters of a secret: what is shorter is found in any text, and so cannot be taken out of one. */
export const shortestSecret = 4;

/** Every form in which a text may show a secret: plain, and as JSON, URLs, forms, HTML, base64 and hexadecimal have it. */
export function formsOf(secret: string): readonly string[] {
  const bytes = Buffer.from(secret, 'utf8');
  const forms = [secret, ...jsonForms(secret), ...urlForms(secret), ...htmlForms(secret), ...base64Forms(bytes)];
  const hex = bytes.toString('hex');
  return [...new Set([...forms, hex, hex.toUpperCase()])].filter((form) => form.length >= shortestSecret);
}

/** JSON within JSON too: services show the body of a request as a text in their answer. */
function jsonForms(secret: string): readonly string[] {
  const once = jsonTexts(secret);
  return [...once, ...once.flatMap(jsonTexts)];
}

function jsonTexts(secret: string): readonly string[] {
  const plain = JSON.stringify(secret).slice(1, -1);
  // Some writers escape everything beyond ASCII, and some the slash.
  const ascii = plain.replace(/[\u007f-\uffff]/g, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`);
  const upper = ascii.replace(/\\u[0-9a-f]{4}/g, (escape) => `\\u${escape.slice(2).toUpperCase()}`);
  return [plain, ascii, upper].flatMap((form) => [form, form.replaceAll('/', '\\/')]);
}

function urlForms(secret: string): readonly string[] {
  const whole = secret.toWellFormed();
  const form = new URLSearchParams({ '': whole }).toString().slice(1);
  const strict = encodeURIComponent(whole).replace(
    /[!'()*]/g,
    (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`,
  );
  return [encodeURIComponent(whole), encodeURI(whole), strict, form].flatMap((each) => [
    each,
    each.replace(/%[0-9A-F]{2}/g, (escape) => escape.toLowerCase()),
  ]);
}

function htmlForms(secret: string): readonly string[] {
  const escaped = secret.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
  const quoted = escaped.replaceAll('"', '&quot;');
  return [escaped, quoted, quoted.replaceAll("'", '&#39;'), quoted.replaceAll("'", '&#x27;')];
}

/**
 * What of a secret is in the base64 of any text that holds it: three alignments, of each the characters that the secret
 * alone decides, in both alphabets.
 */
function base64Forms(bytes: Buffer): readonly string[] {
  return [0, 1, 2].flatMap((before) => {
    const encoded = Buffer.concat([Buffer.alloc(before), bytes]).toString('base64');
    const form = encoded.slice(Math.ceil((before * 8) / 6), Math.floor(((before + bytes.length) * 8) / 6));
    return [form, form.replaceAll('+', '-').replaceAll('/', '_')];
  });
}
