import { describe, expect, test } from 'vitest';
import { parseChallenges } from './challenge.ts';
import { answerChallenge, isAnswerable } from './digest.ts';

const answer = (header: string, input: Partial<Parameters<typeof answerChallenge>[1]> = {}) => {
  const challenge = parseChallenges(header).find(isAnswerable);
  if (challenge === undefined) return undefined;
  return answerChallenge(challenge, {
    username: 'Mufasa',
    password: 'Circle of Life',
    method: 'GET',
    uri: '/dir/index.html',
    cnonce: 'f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ',
    ...input,
  });
};
const rfc7616 = (algorithm: string) =>
  `Digest realm="http-auth@example.org", qop="auth, auth-int", algorithm=${algorithm}, nonce="7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v", opaque="FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS"`;

describe('answerChallenge', () => {
  test('answers the examples of RFC 7616 §3.9.1 with MD5 and SHA-256', () => {
    expect(answer(rfc7616('MD5'))?.response).toBe('8ca523f5e9506fed4657c9700eebdbec');
    expect(answer(rfc7616('SHA-256'))).toEqual({
      response: '753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1',
      header:
        'Digest username="Mufasa", realm="http-auth@example.org", nonce="7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v", ' +
        'uri="/dir/index.html", response="753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1", ' +
        'algorithm=SHA-256, opaque="FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS", qop=auth, nc=00000001, ' +
        'cnonce="f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ"',
    });
  });

  test('answers the older form without qop, as RFC 2069 has it', () => {
    const old = answer('Digest realm="testrealm@host.com", nonce="dcd98b7102dd2f0e8b11d0f600bfb0c093"', {
      password: 'CircleOfLife',
    });
    expect(old?.response).toBe('1949323746fe6a43ef61f9606e7febea');
    expect(old?.header).not.toMatch(/qop|nc=|cnonce|algorithm/);
  });

  test('the session algorithms mix the nonces into the key', () => {
    const responses = ['MD5', 'MD5-sess', 'SHA-256', 'sha-256-SESS'].map((each) => answer(rfc7616(each))?.response);
    expect(new Set(responses).size).toBe(4);
    expect(responses.map((each) => each?.length)).toEqual([32, 32, 64, 64]);
  });

  test('hides the name where the endpoint asks for that, and writes one beyond ASCII in the extended form', () => {
    expect(answer(`${rfc7616('MD5')}, userhash=true`)?.header).toMatch(
      /^Digest username="[0-9a-f]{32}", .*userhash=true$/,
    );
    expect(answer(rfc7616('MD5'), { username: "Jäsøn (d'e)" })?.header).toContain(
      "Digest username*=UTF-8''J%C3%A4s%C3%B8n%20%28d%27e%29, realm=",
    );
    expect(answer(rfc7616('MD5'), { username: 'a"b\\c' })?.header).toContain('username="a\\"b\\\\c"');
  });

  test.each([
    'Basic realm="x"',
    'Digest realm="x"',
    'Digest nonce="x"',
    'Digest realm="x", nonce="n", algorithm=SHA-512-256, qop="auth"',
    'Digest realm="x", nonce="n", qop="auth-int"',
    'Digest realm="x", nonce="n", algorithm=MD5-sess',
    'Digest realm="x", nonce="n", algorithm=constructor, qop="auth"',
  ])('cannot answer %s', (header) => {
    expect(answer(header)).toBeUndefined();
  });

  test('takes the first challenge that it can answer', () => {
    const several =
      'Digest realm="x", nonce="1", algorithm=SHA-512-256, qop=auth, Digest realm="x", nonce="2", qop=auth';
    expect(answer(several)?.header).toContain('nonce="2"');
  });
});
