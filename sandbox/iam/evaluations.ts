/** What was evaluated since recording began: each principal, action and resource once. For tests of policies. */
export interface Evaluation {
  /** A role's ARN, a user's, or a service. */
  readonly principal: string
  readonly action: string
  readonly resource: string
  readonly allowed: boolean
}

export interface Evaluations {
  recording: boolean
  add(evaluation: Evaluation): void
  /** In the order in which they first came. */
  list(): readonly Evaluation[]
  clear(): void
}

export function makeEvaluations(): Evaluations {
  const seen = new Map<string, Evaluation>()
  return {
    recording: false,
    add(evaluation) {
      if (!this.recording) return
      const { principal, action, resource, allowed } = evaluation
      seen.set(`${principal} ${action} ${resource} ${allowed}`, evaluation)
    },
    list: () => [...seen.values()],
    clear: () => seen.clear(),
  }
}
