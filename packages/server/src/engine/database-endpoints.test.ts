import { describe, expect, it } from 'vitest';
import { databaseEndpoints } from './database-endpoints.ts';

describe("the endpoints of Pawl's own database", () => {
  it.each([
    ['postgresql://u:p@db.example/pawl', [{ host: 'db.example', port: 5432 }]],
    ['postgresql://u@127.0.0.1:6000/pawl', [{ host: '127.0.0.1', port: 6000 }]],
    ['postgresql://u@[::1]:6000/pawl', [{ host: '::1', port: 6000 }]],
    ['postgresql://u@%2Ftmp%2Fpg:5432/pawl', []],
    ['postgresql:///pawl?host=/tmp/pg', []],
    ['postgresql:///pawl?host=db.example', [{ host: 'db.example', port: 5432 }]],
    ['postgresql://u@/pawl?host=127.0.0.1&port=6000', [{ host: '127.0.0.1', port: 6000 }]],
    ['postgresql://u@127.0.0.1:5432/pawl?port=6000', [{ host: '127.0.0.1', port: 6000 }]],
    ['postgresql://[', []],
    ['postgresql:///pawl', [{ host: 'from.environment', port: 7000 }]],
  ])('of %s are known', (url, endpoints) => {
    const environment = url === 'postgresql:///pawl' ? { PGHOST: 'from.environment', PGPORT: '7000' } : {};
    expect(databaseEndpoints(url, environment)).toEqual(endpoints);
  });

  it('are known from the options of the driver', () => {
    expect(databaseEndpoints({ host: 'db.example', port: 1 })).toEqual([{ host: 'db.example', port: 1 }]);
    expect(databaseEndpoints({ host: '/tmp/socket', port: 1 })).toEqual([]);
    expect(databaseEndpoints({ connectionString: 'postgresql://u@db.example/pawl' })).toEqual([
      { host: 'db.example', port: 5432 },
    ]);
  });
});
