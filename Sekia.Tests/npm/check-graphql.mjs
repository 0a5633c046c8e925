// Checks GraphQL operations and their variables against GitHub's published schema. Reads a JSON array of { query, variables } from
// standard input and writes one line per fault.
import { readFileSync } from 'node:fs';
import { buildSchema, getVariableValues, Kind, parse, validate } from 'graphql';
import { schema as description } from '@octokit/graphql-schema';

const schema = buildSchema(description.idl, { assumeValid: true });

for (const { query, variables } of JSON.parse(readFileSync(0, 'utf8'))) {
  const document = parse(query);
  const operation = document.definitions.find((definition) => definition.kind === Kind.OPERATION_DEFINITION);
  const faults = [...validate(schema, document), ...(getVariableValues(schema, operation.variableDefinitions ?? [], variables).errors ?? [])];
  for (const fault of faults) {
    console.log(fault.message);
  }
}
