import type { DocumentNode } from 'graphql';

/** The response names of the root fields of a document's operations; null if fragments hide some of them. */
export function rootFieldsOf({ definitions }: DocumentNode): readonly string[] | null {
  const names: string[] = [];
  for (const definition of definitions) {
    if (definition.kind !== 'OperationDefinition') continue;
    for (const selection of definition.selectionSet.selections) {
      if (selection.kind !== 'Field') return null;
      names.push((selection.alias ?? selection.name).value);
    }
  }
  return names;
}
