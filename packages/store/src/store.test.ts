import { createTestDatabase, whyNoServer } from '@pawl/testkit';
import { storeContract } from '@pawl/testkit/store.testsuite';
import { describe, it } from 'vitest';
import { openStore } from './open-store.ts';

const missing = await whyNoServer();

if (missing === undefined) {
  storeContract('an external PostgreSQL', async () => {
    const database = await createTestDatabase('pawl_store_contract');
    const store = await openStore({ url: database.url });
    return {
      store,
      hooks: { newLineage: async () => void (await database.query('select pawl.begin_lineage()')) },
      async close() {
        await store.close();
        await database.drop();
      },
    };
  });
} else {
  describe('store contract: an external PostgreSQL', () => {
    it.skip(`is not run: ${missing}`, () => {});
  });
}
