/** The beginning of an answer's text for an error message, in one line, with secrets taken out; '' for what is no text. */
export function quote(bytes: Buffer, secrets: readonly string[], characters: number): string {
  // A little more than is shown, so that a secret at the end is seen whole.
  const longest = Math.max(0, ...secrets.map((secret) => secret.length));
  const text = bytes.subarray(0, 4 * (characters + longest)).toString('utf8');
  if (text.includes('\u0000')) return '';
  const clean = redact(text.replace(/\s+/g, ' ').trim(), secrets);
  return clean.length > characters ? `${clean.slice(0, characters)}…` : clean;
}

/** A text without the given secrets, in their plain, URL and base64 forms. */
export function redact(text: string, secrets: readonly string[]): string {
  let clean = text;
  for (const secret of secrets) {
    if (secret === '') continue;
    for (const form of [secret, encodeURIComponent(secret), Buffer.from(secret).toString('base64')])
      clean = clean.replaceAll(form, '[secret]');
  }
  return clean;
}
