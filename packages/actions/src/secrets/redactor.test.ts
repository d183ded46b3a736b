import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Redactor } from './redactor.ts';

/** What a text may do to a secret before it shows it. */
const encoders: Readonly<Record<string, (text: string) => string>> = {
  plain: (text) => text,
  json: (text) => JSON.stringify(text),
  'json within json': (text) => JSON.stringify(JSON.stringify(text)),
  'json without umlauts': (text) =>
    JSON.stringify(text).replace(/[\u007f-\uffff]/g, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`),
  uri: (text) => encodeURIComponent(text),
  'uri in lower case': (text) => encodeURIComponent(text).replace(/%../g, (escape) => escape.toLowerCase()),
  form: (text) => new URLSearchParams({ a: text }).toString(),
  html: (text) =>
    text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;'),
  base64: (text) => Buffer.from(text).toString('base64'),
  'base64, one before': (text) => Buffer.from(`u${text}`).toString('base64'),
  'base64, two before': (text) => Buffer.from(`u:${text}`).toString('base64'),
  'base64 with more': (text) => Buffer.from(`user:${text} and more`).toString('base64'),
  base64url: (text) => Buffer.from(`x${text}y`).toString('base64url'),
  hex: (text) => Buffer.from(text).toString('hex'),
  HEX: (text) => Buffer.from(text).toString('hex').toUpperCase(),
};

describe('a redactor', () => {
  const secret = fc.oneof(
    fc.string({ minLength: 8, maxLength: 60, unit: 'grapheme' }),
    fc.stringMatching(/^[!-~]{8,60}$/),
  );

  it.each(Object.entries(encoders))('takes secrets out of texts that show them as %s', (_, encode) => {
    fc.assert(
      fc.property(secret, fc.string(), fc.string(), (value, before, after) => {
        fc.pre(value.isWellFormed());
        const clean = new Redactor([{ name: 'token', value }]).text(`${before} ${encode(value)} ${after}`);
        expect(clean).toContain('«secret token»');
        expect(clean).not.toContain(value);
        // Base64 may keep the bits of the last byte that its neighbour shares.
        expect(clean).not.toContain(encode(value));
      }),
    );
  });

  it('takes out what a cut has left of a secret', () => {
    const redactor = new Redactor([{ name: 't', value: 'abcdefgh-ijklmnop' }]);
    expect(redactor.excerpt('the answer was abcdefgh-ij…')).toBe('the answer was «secret»…');
    expect(redactor.excerpt('…jklmnop and more')).toBe('…«secret» and more');
    expect(redactor.excerpt(`x ${Buffer.from('abcdefgh-ijklmnop').toString('base64').slice(0, 9)}…`)).toBe(
      'x «secret»…',
    );
    expect(redactor.excerpt('abc…')).toBe('abc…');
  });

  it('works on any value, and keeps what holds no secret as it is', () => {
    const redactor = new Redactor([{ name: 't', value: 's3cr3t-value' }]);
    const dirty = { a: ['x s3cr3t-value', 1, null], 's3cr3t-value': { deep: 's3cr3t-value' } };
    expect(redactor.json(dirty)).toEqual({ a: ['x «secret t»', 1, null], '«secret t»': { deep: '«secret t»' } });
    const clean = { a: ['x', { b: 1 }] };
    expect(redactor.json(clean)).toBe(clean);
  });

  it('hides the members of an object but those that say who and where', () => {
    const redactor = new Redactor([
      {
        name: 'p',
        value: { username: 'ada-lovelace', password: 'pass-word', client: { id: 'orders', secret: 'hush-hush' } },
      },
    ]);
    expect(redactor.text('ada-lovelace pass-word orders hush-hush')).toBe('ada-lovelace «secret p» orders «secret p»');
  });

  it('leaves alone what is too short to be told from other text', () => {
    expect(new Redactor([{ name: 'a', value: 'abc' }]).text('abcdef')).toBe('abcdef');
  });

  it('hides more values as they come, the longest first', () => {
    const redactor = new Redactor();
    expect(redactor.text('long-secret-value')).toBe('long-secret-value');
    redactor.hide('short', 'secret');
    redactor.hide('long', 'long-secret-value');
    expect(redactor.text('long-secret-value secret')).toBe('«secret long» «secret short»');
  });

  it('reads two megabytes in less than a second, whatever the number of texts', () => {
    const redactor = new Redactor(
      Array.from({ length: 5 }, (_, i) => ({ name: `s${i}`, value: `sk_live_${i}_4eC39HqLyjWDarjtT1zdp7dc` })),
    );
    const texts = Array.from({ length: 20_000 }, (_, i) => `order ${i} of a customer with a long name, ${i * 7}`);
    redactor.text('compiles the pattern');
    const before = performance.now();
    expect(redactor.json(texts)).toBe(texts);
    redactor.text(texts.join('\n'));
    const ms = performance.now() - before;
    expect(ms).toBeLessThan(1_000);
  });
});
