// A promise that was broken. The message says which one and by what; the simulation adds the seed that repeats it.

export class Violation extends Error {
  override readonly name = 'Violation'
}

/** Throws a Violation unless the claim holds. The words are only made when they are needed. */
export function claim(holds: boolean, words: () => string): asserts holds {
  if (!holds) throw new Violation(words())
}
