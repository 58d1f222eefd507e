// `await using` looks for Symbol.asyncDispose. Some browsers do not have it yet; there compilers look for this symbol instead, so that
// everything with a close() can be disposed of everywhere. Nothing global is changed.

export const asyncDispose: typeof Symbol.asyncDispose =
  Symbol.asyncDispose ?? (Symbol.for('Symbol.asyncDispose') as typeof Symbol.asyncDispose)
