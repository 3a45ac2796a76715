/** The file of `npx indietix-flags types` adds one member a flag, with the type of its values. While it is empty, every string is a key. */
// oxlint-disable-next-line typescript/no-empty-object-type, typescript/consistent-type-definitions -- only an interface can be filled from elsewhere
export interface FlagKeys {}

/** The same file adds one member an experiment; its type is the names of the variants. */
// oxlint-disable-next-line typescript/no-empty-object-type, typescript/consistent-type-definitions -- see above
export interface ExperimentKeys {}

type StringKeys<Keys> = [keyof Keys] extends [never] ? string : keyof Keys & string

/** The key of a flag; any string until the keys are generated. */
export type FlagKey = StringKeys<FlagKeys>

type SelectKeys<Keys, Type> = {
  [Key in keyof Keys]: Keys[Key] extends Type ? Key & string : never
}[keyof Keys]

/** The keys of flags whose values have this type; any string until the keys are generated. */
export type KeyOf<Type> = [keyof FlagKeys] extends [never] ? string : SelectKeys<FlagKeys, Type>

/** The values of a flag; any value of this type until the keys are generated. */
export type ValueOf<Key, Type> = Key extends keyof FlagKeys ? FlagKeys[Key] & Type : Type

/** The type of a value whose default is a literal. */
export type Widened<T> = T extends boolean
  ? boolean
  : T extends string
    ? string
    : T extends number
      ? number
      : T

/** The key of an experiment; any string until the keys are generated. */
export type ExperimentKey = StringKeys<ExperimentKeys>

/** The name of a variant of an experiment; any string until the keys are generated. */
export type VariantOf<Key> = Key extends keyof ExperimentKeys
  ? ExperimentKeys[Key] & string
  : string
