// Checks answers of the API against its own OpenAPI description. Reads { document, exchanges: [{ path, method, request?, status, type,
// answer }] } from standard input and writes one line per fault.
import { readFileSync } from 'node:fs';
import Ajv from 'ajv/dist/2020.js';

const { document, exchanges } = JSON.parse(readFileSync(0, 'utf8'));
const ajv = new Ajv({ strict: false, allErrors: true });

// What is not described is not answered: stricter than clients are asked to be. Problem documents may carry more by their standard.
const tighten = (schema) => {
  if (schema === null || typeof schema !== 'object') {
    return;
  }
  if (schema.properties && schema.additionalProperties === undefined) {
    schema.additionalProperties = false;
  }
  Object.values(schema).forEach(tighten);
};
for (const [name, schema] of Object.entries(document.components.schemas)) {
  if (name !== 'Problem') {
    tighten(schema);
  }
}

const resolve = (schema) => (schema.$ref ? document.components.schemas[schema.$ref.split('/').pop()] : schema);
const compiled = new Map();
const faultsOf = (schema, value) => {
  const whole = resolve(schema);
  if (!compiled.has(whole)) {
    compiled.set(whole, ajv.compile(whole));
  }
  const check = compiled.get(whole);
  return check(value) ? [] : check.errors.map((error) => `${error.instancePath || '/'} ${error.message} ${JSON.stringify(error.params)}`);
};

for (const { path, method, request, status, type, answer } of exchanges) {
  const say = (fault) => console.log(`${method} ${path} ${status}: ${fault}`);
  const operation = document.paths[path][method];
  if (request !== undefined && status < 400) {
    faultsOf(operation.requestBody.content['application/json'].schema, request).forEach((fault) => say(`request ${fault}`));
  }
  const content = operation.responses[status]?.content?.[type];
  if (!content) {
    say(`this status with ${type} is not described`);
  } else if (type.endsWith('json')) {
    faultsOf(content.schema, answer).forEach(say);
  }
}
