import { makeQueryService } from '../http/query-service.ts'
import { seededUuid } from '../http/uuid.ts'
import type { Service, SnsForOthers, SqsForOthers, WorldCore } from '../types.ts'
import { checkAccess, takesFrom } from './access.ts'
import { ACTIONS } from './actions.ts'
import { deliver } from './deliver.ts'
import type { SnsRequest } from './request.ts'
import { makeTopicStore } from './store.ts'

/** SNS: topics that deliver to queues, across regions and accounts. */
export function makeSns(core: WorldCore & { sqs: SqsForOthers }): { service: Service; others: SnsForOthers } {
  const store = makeTopicStore(() => seededUuid(core.random, 'sns-subscription'))

  const publish: SnsRequest['publish'] = (topic, notification) => {
    const messageId = seededUuid(core.random, 'sns-message')
    deliver(core.sqs, topic, { ...notification, messageId, time: core.clock.now() })
    return messageId
  }

  return {
    service: makeQueryService({
      name: 'sns',
      namespace: 'http://sns.amazonaws.com/doc/2010-03-31/',
      invalidCode: 'InvalidParameter',
      run(action, input, call) {
        const act = ACTIONS[action]
        if (act === undefined) return undefined
        checkAccess(action, input, call, store, core)
        return { result: act({ input, call, store, core, publish }) }
      },
    }),
    others: {
      exists: (arn) => store.topic(arn) !== undefined,
      takes(arn, from) {
        const topic = store.topic(arn)
        return topic !== undefined && takesFrom(topic, from, core.iam.guard)
      },
      publish(arn, message, from, subject) {
        const topic = store.topic(arn)
        if (topic === undefined || !takesFrom(topic, from, core.iam.guard)) return false
        publish(topic, { message, subject })
        return true
      },
    },
  }
}
