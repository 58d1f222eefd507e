// `await using` needs Symbol.asyncDispose. Runtimes that do not have it yet get the symbol under which compilers look for it, so
// that everything with a close() can be disposed of everywhere. Import it before a class uses the symbol.

if (Symbol.asyncDispose === undefined) {
  Object.defineProperty(Symbol, 'asyncDispose', { value: Symbol.for('Symbol.asyncDispose'), configurable: true })
}

export {}
