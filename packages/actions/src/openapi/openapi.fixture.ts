import type { JsonObject } from '@pawl/core';

/** A Swagger 2.0 description of a pet shop at a host. */
export function swaggerOf(host: string): JsonObject {
  return {
    swagger: '2.0',
    info: { title: 'Pets', version: '1' },
    host,
    basePath: '/v2',
    schemes: ['http'],
    consumes: ['application/json'],
    produces: ['application/xml', 'application/json'],
    securityDefinitions: { key: { type: 'apiKey', name: 'api_key', in: 'header' } },
    parameters: { id: { name: 'petId', in: 'path', required: true, type: 'integer' } },
    paths: {
      '/pet/findByStatus': {
        get: {
          operationId: 'findPetsByStatus',
          parameters: [
            {
              name: 'status',
              in: 'query',
              required: true,
              type: 'array',
              items: { type: 'string' },
              collectionFormat: 'multi',
            },
            { name: 'tags', in: 'query', type: 'array', items: { type: 'string' }, collectionFormat: 'pipes' },
          ],
        },
      },
      '/pet/{petId}': {
        parameters: [{ $ref: '#/parameters/id' }],
        get: { operationId: 'getPetById' },
        put: { operationId: 'replacePet', parameters: [{ name: 'pet', in: 'body', required: true, schema: {} }] },
        post: {
          operationId: 'updatePetWithForm',
          consumes: ['application/x-www-form-urlencoded'],
          parameters: [
            { name: 'name', in: 'formData', type: 'string' },
            { name: 'marks', in: 'formData', type: 'array', items: { type: 'string' }, collectionFormat: 'csv' },
          ],
        },
      },
      '/pet': {
        post: {
          operationId: 'addPet',
          parameters: [{ in: 'body', name: 'body', required: true, schema: { $ref: '#/definitions/Pet' } }],
        },
      },
    },
    definitions: { Pet: { type: 'object' } },
  };
}

/** An OpenAPI 3.1 description of orders, whose server is relative to it. */
export const orders = `
openapi: 3.1.0
info: { title: Orders, version: '1' }
servers: [ { url: '../{stage}/api', variables: { stage: { default: live } } } ]
components:
  parameters:
    trace: { name: X-Trace, in: header, schema: { type: string } }
  schemas:
    order: { type: object, properties: { item: { type: string }, count: { type: integer } } }
paths:
  /orders/{id}/lines{format}:
    parameters: [ { $ref: '#/components/parameters/trace' }, { name: session, in: cookie, schema: {} } ]
    get:
      operationId: lines
      parameters:
        - { name: id, in: path, required: true, schema: { type: string } }
        - { name: format, in: path, required: true, style: label, schema: {} }
        - { name: filter, in: query, style: deepObject, schema: { type: object } }
        - { name: ids, in: query, explode: false, schema: { type: array } }
        - { name: sort, in: query, style: spaceDelimited, explode: false, schema: { type: array } }
        - { name: shape, in: query, schema: { type: object } }
        - { name: raw, in: query, allowReserved: true, schema: { type: string } }
        - { name: where, in: query, content: { application/json: {} } }
      responses: { '200': { content: { text/csv: {} } } }
  /orders:
    post:
      operationId: placeOrder
      parameters: [ { name: Idempotency-Key, in: header, schema: { type: string } } ]
      requestBody:
        required: true
        content:
          text/xml: {}
          application/vnd.orders+json: { schema: { $ref: '#/components/schemas/order' } }
  /upload:
    servers: [ { url: '/files' } ]
    post:
      operationId: upload
      requestBody: { content: { multipart/form-data: { schema: { properties: { title: {}, meta: {} } } } } }
  /outside:
    get: { operationId: outside, parameters: [ { $ref: 'other.yaml#/x' } ] }
  /circle:
    get: { operationId: circle, parameters: [ { $ref: '#/paths/~1circle/get/parameters/0' } ] }
  /nowhere:
    get: { operationId: nowhere, parameters: [ { $ref: '#/not/there' } ] }
`;
