/** What is done to a table beside its rows. */
export interface TableUpkeep<Row extends object> {
  /**
   * Changes columns without touching a row; older versions read as they were. What is so already is no error.
   *
   * @example
   * await trips.alter({ rename: { amount: 'fare' }, drop: ['note'], describe: { fare: 'in dollars' } })
   */
  alter(alteration: AlterOptions<Row>): Promise<AlterResult>
}

/** Columns by their names as they are now; of members of structs, by paths like `address.city`, types and descriptions. */
export interface AlterOptions<Row extends object> {
  /** New names: `{ old: 'new' }`. */
  readonly rename?: Readonly<Record<string, string>>
  /** Columns that no key and no partition needs. */
  readonly drop?: readonly string[]
  /** To `long` from `int`, to `double` from `float`, to a decimal of more digits. */
  readonly widen?: Readonly<Record<string, string>>
  readonly describe?: Readonly<Partial<Record<(keyof Row & string) | (string & {}), string>>>
  /** Columns that may be null from now on. */
  readonly optional?: readonly string[]
}

export interface AlterResult {
  readonly table: string
  /** In words; none: all was so already. */
  readonly changes: readonly string[]
}
