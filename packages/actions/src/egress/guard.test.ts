import { describe, expect, test } from 'vitest';
import { createGuard } from './guard.ts';
import type { Endpoint, Permissions } from './guard.ts';
import { parseNets } from './nets.ts';
import { systemResolver } from './resolve.ts';

const inside = [
  '127.0.0.1',
  '127.255.255.254',
  '0.0.0.0',
  '0.1.2.3',
  '10.0.0.1',
  '10.255.255.255',
  '100.64.0.1',
  '100.100.100.200',
  '169.254.169.254',
  '172.16.0.1',
  '172.31.255.255',
  '192.0.0.8',
  '192.0.2.1',
  '192.88.99.1',
  '192.168.1.1',
  '198.18.0.1',
  '198.19.255.255',
  '198.51.100.1',
  '203.0.113.1',
  '224.0.0.1',
  '239.1.1.1',
  '240.0.0.1',
  '255.255.255.255',
  '168.63.129.16',
  '::',
  '::1',
  '::7f00:1',
  '::ffff:127.0.0.1',
  '::ffff:7f00:1',
  '::ffff:169.254.169.254',
  '::ffff:0:7f00:1',
  '64:ff9b::7f00:1',
  '64:ff9b::10.0.0.1',
  '64:ff9b:1::1',
  'fe80::1',
  'fe80::1%lo',
  'fec0::1',
  'fd00::1',
  'fc00::1',
  'fd00:ec2::254',
  'ff02::1',
  '2001:db8::1',
  '2001::1',
  '2002:7f00:1::',
  '3fff::1',
  '100::1',
  '5f00::1',
];
const outside = [
  '8.8.8.8',
  '1.1.1.1',
  '93.184.216.34',
  '::ffff:8.8.8.8',
  '64:ff9b::808:808',
  '2606:4700::1111',
  '2a00:1450:4001::1',
];

const none: Permissions = { nets: [], endpoints: [] };
const guardOf = (addresses: readonly string[], deny: readonly Endpoint[] = []) =>
  createGuard(deny, (host) => (/^[\d.:a-f%lo]+$/.test(host) ? Promise.resolve([host]) : Promise.resolve(addresses)));

describe('the guard', () => {
  test.each(inside)('refuses %s, written or resolved', async (address) => {
    await expect(guardOf([address])('name.example', 80, none)).rejects.toMatchObject({ reason: 'refused' });
    await expect(guardOf([])(address, 443, none)).rejects.toMatchObject({ reason: 'refused' });
  });

  test.each(outside)('allows %s on the public internet', async (address) => {
    await expect(guardOf([address])('name.example', 80, none)).resolves.toEqual([address]);
  });

  test('refuses a name as soon as one of its addresses is private, whatever their order', async () => {
    await expect(guardOf(['8.8.8.8', '10.0.0.1'])('mixed.example', 443, none)).rejects.toMatchObject({
      reason: 'refused',
    });
    await expect(guardOf(['::1', '2606:4700::1111'])('mixed.example', 443, none)).rejects.toMatchObject({
      reason: 'refused',
    });
  });

  test('refuses names of cloud metadata even where they resolve to nothing or to the public internet', async () => {
    for (const name of ['metadata.google.internal', 'METADATA.google.internal', 'metadata.google.internal.']) {
      await expect(guardOf(['8.8.8.8'])(name, 80, none)).rejects.toMatchObject({ reason: 'refused' });
    }
  });

  test('refuses localhost in every spelling with the real resolver', async () => {
    const guard = createGuard([], systemResolver());
    for (const name of ['localhost', 'LOCALHOST', 'localhost.']) {
      await expect(guard(name, 80, none)).rejects.toMatchObject({
        reason: expect.stringMatching(/refused|unreachable/) as string,
      });
    }
  });

  test('says that a name does not exist', async () => {
    await expect(createGuard([], systemResolver())('no-such-name.invalid', 80, none)).rejects.toMatchObject({
      reason: 'unreachable',
    });
  });

  test('allows what the nets name, and only on their port', async () => {
    const permissions: Permissions = { nets: parseNets('127.0.0.1:8080, 10.0.0.0/8 [fd00::/8]:443'), endpoints: [] };
    const guard = guardOf([]);
    await expect(guard('127.0.0.1', 8080, permissions)).resolves.toEqual(['127.0.0.1']);
    await expect(guard('::ffff:7f00:1', 8080, permissions)).resolves.toEqual(['::ffff:7f00:1']);
    await expect(guard('10.9.9.9', 1, permissions)).resolves.toEqual(['10.9.9.9']);
    await expect(guard('fd00::1', 443, permissions)).resolves.toEqual(['fd00::1']);
    await expect(guard('127.0.0.1', 8081, permissions)).rejects.toMatchObject({ reason: 'refused' });
    await expect(guard('127.0.0.2', 8080, permissions)).rejects.toMatchObject({ reason: 'refused' });
    await expect(guard('fd00::1', 80, permissions)).rejects.toMatchObject({ reason: 'refused' });
  });

  test("never reaches Pawl's own endpoints, though their net is allowed, by any local address or name", async () => {
    const permissions: Permissions = {
      nets: parseNets('127.0.0.0/8 ::1 0.0.0.0'),
      endpoints: [{ host: '127.0.0.1', port: 5432 }],
    };
    const guard = guardOf(['127.0.0.1'], [{ host: 'localhost', port: 5432 }]);
    for (const host of ['127.0.0.1', '127.0.0.2', '::1', '0.0.0.0', 'rebound.example', '::ffff:7f00:1']) {
      await expect(guard(host, 5432, permissions)).rejects.toMatchObject({
        reason: 'refused',
        message: expect.stringContaining('Pawl itself') as string,
      });
    }
    await expect(guard('127.0.0.1', 5433, permissions)).resolves.toEqual(['127.0.0.1']);
  });

  test('denies an endpoint elsewhere by its address', async () => {
    const permissions: Permissions = { nets: parseNets('10.0.0.0/8'), endpoints: [] };
    const guard = guardOf([], [{ host: '10.0.0.5', port: 5432 }]);
    await expect(guard('10.0.0.5', 5432, permissions)).rejects.toMatchObject({ reason: 'refused' });
    await expect(guard('10.0.0.6', 5432, permissions)).resolves.toEqual(['10.0.0.6']);
  });

  test('opens an endpoint that the operator named for a connection, on that host and port only', async () => {
    const permissions: Permissions = { nets: [], endpoints: [{ host: '127.0.0.1', port: 5433 }] };
    await expect(guardOf([])('127.0.0.1', 5433, permissions)).resolves.toEqual(['127.0.0.1']);
    await expect(guardOf([])('127.0.0.1', 5434, permissions)).rejects.toMatchObject({ reason: 'refused' });
  });
});

describe('parseNets', () => {
  test('takes nothing, addresses, nets and ports', () => {
    expect(parseNets('')).toEqual([]);
    expect(
      parseNets(' 127.0.0.1 , ::1\n10.0.0.0/8:80 [::1]:90 [fd00::]/8:1').map(({ bits, port }) => [bits, port]),
    ).toEqual([
      [32, undefined],
      [128, undefined],
      [8, 80],
      [128, 90],
      [8, 1],
    ]);
  });

  test.each([
    'localhost',
    '10.0.0.0/33',
    '10.0.0/8',
    '127.0.0.1:0',
    '127.0.0.1:70000',
    '::/129',
    '127.1',
    '*',
    '10.0.0.0/8:',
  ])('refuses %s and names it', (text) => {
    expect(() => parseNets(text)).toThrow(
      expect.objectContaining({ code: 'PAWL_USAGE', message: expect.stringContaining(text) as string }) as Error,
    );
  });
});
