/** The known word that was probably meant by an unknown one, or undefined where none is near. */
export function suggest(word: string, known: Iterable<string>): string | undefined {
  let best: string | undefined
  let least = Math.max(2, Math.floor(word.length / 3)) + 1
  for (const candidate of known) {
    const steps = distance(word.toLowerCase(), candidate.toLowerCase())
    if (steps < least) {
      least = steps
      best = candidate
    }
  }
  return best
}

/** Edits between two words; two neighbours that changed places count as one (optimal string alignment). */
function distance(a: string, b: string): number {
  let twoBack: number[] = []
  let last = Array.from({ length: b.length + 1 }, (_, column) => column)
  for (let row = 1; row <= a.length; row += 1) {
    const current = [row]
    for (let column = 1; column <= b.length; column += 1) {
      const changed = a[row - 1] === b[column - 1] ? 0 : 1
      let steps = Math.min(last[column]! + 1, current[column - 1]! + 1, last[column - 1]! + changed)
      const swapped = row > 1 && column > 1 && a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1]
      if (swapped) steps = Math.min(steps, twoBack[column - 2]! + 1)
      current.push(steps)
    }
    twoBack = last
    last = current
  }
  return last[b.length]!
}
