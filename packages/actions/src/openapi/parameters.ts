import type { JsonObject } from '@pawl/core';
import { declaredParameters } from './operation.ts';
import type { Operation } from './operation.ts';
import type { Description } from './references.ts';
import type { Style } from './serialize.ts';

/** Where a parameter goes. */
export type ParameterPlace = 'path' | 'query' | 'header' | 'cookie' | 'form' | 'body';

/** A parameter of an operation, whichever version describes it. */
export interface Parameter {
  readonly name: string;
  readonly place: ParameterPlace;
  readonly required: boolean;
  readonly style: Style;
  /** The operation does not take it, its security does: a key of the API. */
  readonly credential?: true;
}

/** The parameters of an operation, in its order, then the keys that its API may ask for. */
export function parametersOf(description: Description, operation: Operation, swagger: boolean): readonly Parameter[] {
  const declared = declaredParameters(description, operation).flatMap((definition) => {
    const place = places[String(definition['in'])];
    // The form and the body of another version, or a place that no version has.
    if (place === undefined || (!swagger && (place === 'form' || place === 'body'))) return [];
    const style = swagger ? swaggerStyle(definition) : openApiStyle(definition, place);
    const required = place === 'path' || definition['required'] === true;
    return [{ name: String(definition['name']), place, required, style }];
  });
  const taken = new Set(declared.map(({ name }) => name));
  return [...declared, ...credentials(description, swagger).filter(({ name }) => !taken.has(name))];
}

const places: Readonly<Record<string, ParameterPlace>> = {
  path: 'path',
  query: 'query',
  header: 'header',
  cookie: 'cookie',
  formData: 'form',
  body: 'body',
};

const separators: Readonly<Record<string, string>> = { csv: ',', ssv: ' ', tsv: '\t', pipes: '|' };

function swaggerStyle(definition: JsonObject): Style {
  const format = String(definition['collectionFormat'] ?? 'csv');
  const explode = format === 'multi';
  return {
    name: definition['in'] === 'query' || definition['in'] === 'formData' ? 'form' : 'simple',
    explode,
    separator: separators[format] ?? ',',
    reserved: false,
  };
}

const styles: Readonly<Record<string, Pick<Style, 'name' | 'separator'>>> = {
  simple: { name: 'simple', separator: ',' },
  label: { name: 'label', separator: ',' },
  matrix: { name: 'matrix', separator: ',' },
  form: { name: 'form', separator: ',' },
  spaceDelimited: { name: 'form', separator: ' ' },
  pipeDelimited: { name: 'form', separator: '|' },
  deepObject: { name: 'deepObject', separator: ',' },
};

function openApiStyle(definition: JsonObject, place: ParameterPlace): Style {
  const inherent = place === 'query' || place === 'cookie' ? 'form' : 'simple';
  const named = String(definition['style'] ?? inherent);
  const style = styles[named] ?? { name: inherent, separator: ',' };
  const explode = typeof definition['explode'] === 'boolean' ? definition['explode'] : named === 'form';
  const reserved = definition['allowReserved'] === true;
  return definition['content'] === undefined
    ? { ...style, explode, reserved }
    : { name: 'json', separator: ',', explode: false, reserved };
}

/** API keys are taken as parameters, for the language has no policy for them. */
function credentials(description: Description, swagger: boolean): readonly Parameter[] {
  const schemes = swagger
    ? description.root['securityDefinitions']
    : description.object(description.root['components'])['securitySchemes'];
  return Object.values(description.object(schemes)).flatMap((value): readonly Parameter[] => {
    const { type, in: at, name } = description.object(value);
    const place = places[String(at)];
    if (type !== 'apiKey' || place === undefined || typeof name !== 'string') return [];
    return [
      {
        name,
        place,
        required: false,
        credential: true,
        style: { name: 'simple', separator: ',', explode: false, reserved: false },
      },
    ];
  });
}
