// Finds the word that somebody may have meant: the one with the fewest letters to change, if those are few.

/** The nearest of the words, or undefined when none is near. */
export function nearestWord(word: string, words: Iterable<string>): string | undefined {
  let best: string | undefined
  let bestDistance = Math.max(2, Math.ceil(word.length / 4)) + 1
  for (const candidate of words) {
    const changes = distance(word.toLowerCase(), candidate.toLowerCase())
    if (changes >= bestDistance) continue
    best = candidate
    bestDistance = changes
  }
  return best
}

/** Levenshtein's: how many letters are to be added, removed or replaced. */
function distance(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, index) => index)
  for (let i = 1; i <= from.length; i++) {
    const next = [i]
    for (let j = 1; j <= to.length; j++) {
      const replaced = (row[j - 1] ?? 0) + (from[i - 1] === to[j - 1] ? 0 : 1)
      next.push(Math.min(replaced, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1))
    }
    row = next
  }
  return row[to.length] ?? 0
}
