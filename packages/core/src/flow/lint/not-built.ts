import { isObject } from '../../json.ts';
import type { Json, JsonObject } from '../../json.ts';
import { pointerSegment } from '../../schema/problems.ts';
import { authenticationsOf } from './references.ts';
import { notYet } from './report.ts';
import type { Lint } from './report.ts';
import type { TaskSite } from './sites.ts';

/** What the language has and this version of Pawl does not run. */
export function lintNotBuilt(lint: Lint): void {
  const { document } = lint;
  const use = isObject(document['use']) ? document['use'] : {};
  if (isObject(use['authentications'])) {
    for (const name of Object.keys(use['authentications'])) {
      lintAuthentication(
        lint,
        use['authentications'][name] as JsonObject,
        `/use/authentications${pointerSegment(name)}`,
      );
    }
  }
  for (const name of ['input', 'output']) lintSchemaSource(lint, document[name], `/${name}`);
  for (const site of lint.sites.tasks) lintTask(lint, site);
}

function lintTask(lint: Lint, site: TaskSite): void {
  const { task, path } = site;
  for (const name of ['input', 'output', 'export']) lintSchemaSource(lint, task[name], `${path}/${name}`);
  for (const authentication of authenticationsOf(site))
    lintAuthentication(lint, authentication.value, authentication.path);
}

function lintAuthentication(lint: Lint, policy: JsonObject, path: string): void {
  for (const kind of ['basic', 'bearer', 'digest', 'oauth2', 'oidc']) {
    const credentials = policy[kind];
    if (!isObject(credentials)) continue;
    lintTokens(lint, credentials, `${path}/${kind}`);
  }
}

/** What `oauth2` and `oidc` may say of how a token is got. */
function lintTokens(lint: Lint, policy: JsonObject, path: string): void {
  if (policy['grant'] === 'authorization_code')
    notYet(lint, `${path}/grant`, 'Grants that need a person at a browser are', 'use the grant client_credentials');
  const { authority, client } = policy;
  if (typeof authority === 'string' && authority.includes('{'))
    notYet(lint, `${path}/authority`, 'URI templates in an authority are', 'write the whole address');
  if (isObject(client) && client['authentication'] === 'private_key_jwt' && client['assertion'] === undefined)
    notYet(lint, `${path}/client/authentication`, 'Assertions signed with a private key are', 'give the assertion');
}

function lintSchemaSource(lint: Lint, owner: Json | undefined, path: string): void {
  const schema = isObject(owner) ? owner['schema'] : undefined;
  if (!isObject(schema)) return;
  const { format } = schema;
  if (typeof format === 'string' && !/^json(:|$)/.test(format))
    notYet(lint, `${path}/schema/format`, `Schemas of the format ${format} are`, 'write a JSON Schema');
}
