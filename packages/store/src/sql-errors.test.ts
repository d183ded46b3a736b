import { FencedError, PawlError, PoisonError, UnknownCommitError } from '@pawl/core';
import { describe, expect, it } from 'vitest';
import { commitError, connectError, isLockTimeout, isWorthRepeating, readError } from './sql-errors.ts';

const answered = (code: string, detail?: string) =>
  Object.assign(new Error(`error ${code}`), { code, severity: 'FEHLER', detail });
const network = Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET' });

describe('the error of a commit', () => {
  it('names the partitions that another worker owns', () => {
    const error = commitError(answered('PW001', '3,200'));
    expect(error).toBeInstanceOf(FencedError);
    expect((error as FencedError).partitions).toEqual([3, 200]);
  });

  it('is poison where the data is refused', () => {
    for (const code of ['22021', '23505', '54000']) {
      expect(commitError(answered(code))).toEqual(expect.objectContaining({ sqlState: code }));
      expect(commitError(answered(code))).toBeInstanceOf(PoisonError);
    }
  });

  it('is unknown where the connection broke or the server may have ended it', () => {
    for (const error of [
      network,
      new Error('Connection terminated unexpectedly'),
      'odd',
      ...['57P01', '57014', '08006', '25P04', 'XX000', '53100', '58030'].map((code) => answered(code)),
    ]) {
      expect(commitError(error)).toBeInstanceOf(UnknownCommitError);
    }
  });

  it('is itself where the server surely rolled back', () => {
    const error = answered('42P01');
    expect(commitError(error)).toBe(error);
  });

  it('asks for a repeat after a deadlock only', () => {
    expect([answered('40P01'), answered('40001'), answered('23505'), network].map(isWorthRepeating)).toEqual([
      true,
      true,
      false,
      false,
    ]);
    expect(isLockTimeout(answered('55P03'))).toBe(true);
  });
});

describe('the error of a read', () => {
  it('says that the database cannot be reached where it cannot', () => {
    for (const error of [network, ...['57P01', '53300', '08006'].map((code) => answered(code))]) {
      expect(readError(error)).toEqual(expect.objectContaining({ code: 'PAWL_STORE_UNREACHABLE' }));
    }
  });

  it('says so too where the same statement may succeed later: it is no fault of the data', () => {
    for (const code of ['57014', '53200', '53100', '58030', '40001', '40P01', '25006']) {
      expect(readError(answered(code)), code).toEqual(expect.objectContaining({ code: 'PAWL_STORE_UNREACHABLE' }));
    }
  });

  it('is itself otherwise', () => {
    const error = answered('42P01');
    expect(readError(error)).toBe(error);
    const own = new PawlError('PAWL_FLOW_UNKNOWN', 'unknown');
    expect(readError(own)).toBe(own);
  });
});

describe('the error of a first connection', () => {
  it('says what to do where the server does not let Pawl in', () => {
    for (const [code, hint] of [
      ['3D000', 'createdb'],
      ['28P01', 'password'],
      ['28000', 'pg_hba.conf'],
      ['53300', 'max_connections'],
    ] as const) {
      const expected = { code: 'PAWL_STORE_UNREACHABLE', hint: expect.stringContaining(hint) };
      expect(connectError(answered(code)), code).toEqual(expect.objectContaining(expected));
    }
  });
});
