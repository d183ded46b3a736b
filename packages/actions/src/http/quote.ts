/** The beginning of an answer's text for an error message, in one line, with secrets taken out; '' for what is no text. */
export function quote(bytes: Buffer, secrets: readonly string[], characters: number): string {
  const forms = formsOf(secrets);
  const longest = forms[0]?.length ?? 0;
  // A little more than is shown, so that a secret at the end is seen whole.
  const window = bytes.subarray(0, 4 * (characters + longest));
  const text = window.toString('utf8');
  if (text.includes('\u0000')) return '';
  const clean = redactForms(text, forms);
  // Where the text goes on, the end of the window may be the beginning of a secret, which cannot be told from other text.
  return inOneLine(window.length < bytes.length ? clean.slice(0, clean.length - longest) : clean, characters);
}

/** A text for an error message, in one line, with secrets taken out. */
export function quoteText(text: string, secrets: readonly string[], characters: number): string {
  return inOneLine(redact(text, secrets), characters);
}

/** A text without the given secrets, in their plain, URL, form, JSON, base64 and hexadecimal forms. */
export function redact(text: string, secrets: readonly string[]): string {
  return redactForms(text, formsOf(secrets));
}

function redactForms(text: string, forms: readonly string[]): string {
  let clean = text;
  for (const form of forms) clean = clean.replaceAll(form, '[secret]');
  return clean;
}

/** Every way in which a text may show a secret, the longest first: a form may be part of another, as base64 is without its padding. */
function formsOf(secrets: readonly string[]): readonly string[] {
  const forms = secrets
    .filter((secret) => secret !== '')
    .flatMap((secret) => {
      const bytes = Buffer.from(secret, 'utf8');
      const encoded = [
        encodeURIComponent(secret.toWellFormed()),
        new URLSearchParams({ '': secret }).toString().slice(1),
      ];
      return [
        ...[secret, JSON.stringify(secret).slice(1, -1)],
        ...encoded.flatMap((form) => [form, form.replace(/%[0-9A-F]{2}/g, (escape) => escape.toLowerCase())]),
        ...[
          bytes.toString('base64'),
          bytes.toString('base64').replace(/=+$/, ''),
          bytes.toString('base64url'),
          bytes.toString('hex'),
        ],
      ];
    });
  return [...new Set(forms)].sort((a, b) => b.length - a.length);
}

function inOneLine(text: string, characters: number): string {
  const line = text.replace(/\s+/g, ' ').trim();
  return line.length > characters ? `${line.slice(0, characters)}…` : line;
}
