import { registerEnumType } from 'type-graphql';

/**
 * Registers an enum of the schema whose values are their own names, with the meaning of each as its description.
 *
 * @returns the object that type-graphql knows the enum by.
 */
export function registerEnum<Name extends string>(
  name: string,
  description: string,
  meanings: Readonly<Record<Name, string>>,
): { readonly [Key in Name]: Key } {
  const names = Object.keys(meanings) as Name[];
  const values = Object.fromEntries(names.map((key) => [key, key])) as { readonly [Key in Name]: Key };
  const valuesConfig = Object.fromEntries(names.map((key) => [key, { description: meanings[key] }])) as {
    readonly [Key in Name]: { readonly description: string };
  };
  registerEnumType(values, { name, description, valuesConfig });
  return values;
}
