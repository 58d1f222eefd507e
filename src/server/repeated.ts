// What a request names more than once: Kafka refuses both, because it could not say which one is meant.

/** Those of the values that are there twice or more. */
export function repeatedIn<T>(values: readonly T[]): ReadonlySet<T> {
  const seen = new Set<T>()
  const repeated = new Set<T>()
  for (const value of values) {
    if (seen.has(value)) repeated.add(value)
    seen.add(value)
  }
  return repeated
}
