import { listed, type Statement } from './document.ts'
import type { Permission } from './principals.ts'

/** What is allowed on the same resources under the same condition is one statement. */
export function statementsOf(may: readonly Permission[]): readonly Statement[] {
  const byPlace = Map.groupBy(may, ({ arn, condition }) => JSON.stringify([arn, condition]))
  const places = [...byPlace.values()].map((same) => ({
    arn: same[0]!.arn,
    condition: same[0]!.condition,
    actions: listed(same.map(({ action }) => action)),
  }))
  const groups = Map.groupBy(places, ({ actions, condition }) => JSON.stringify([actions, condition]))
  return [...groups.values()].map((group) => {
    const { actions, condition } = group[0]!
    return {
      Effect: 'Allow' as const,
      Action: actions,
      Resource: listed(group.map(({ arn }) => arn)),
      ...(condition === undefined ? {} : { Condition: condition }),
    }
  })
}
