export { compileSchema } from './compile.ts';
export type { SchemaOptions, SchemaResult, Validator } from './compile.ts';
export { schemaLimits } from './limits.ts';
export type { SchemaProblem } from './problems.ts';
