/** The part of a parsed GraphQL document that is read here. Importing `graphql` for its types would make it a dependency. */
interface ParsedDocument {
  readonly definitions: readonly {
    readonly kind: string;
    readonly selectionSet?: { readonly selections: readonly ParsedSelection[] } | undefined;
  }[];
}

interface ParsedSelection {
  readonly kind: string;
  readonly alias?: { readonly value: string } | undefined;
  readonly name?: { readonly value: string } | undefined;
}

/** The response names of the root fields of a document's operations; null if fragments hide some of them. */
export function rootFieldsOf({ definitions }: ParsedDocument): readonly string[] | null {
  const names: string[] = [];
  for (const { kind, selectionSet } of definitions) {
    if (kind !== 'OperationDefinition') continue;
    for (const { kind: selectionKind, alias, name } of selectionSet?.selections ?? []) {
      const responseName = alias ?? name;
      if (selectionKind !== 'Field' || responseName === undefined) return null;
      names.push(responseName.value);
    }
  }
  return names;
}
