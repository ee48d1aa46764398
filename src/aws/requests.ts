/**
 * Counts HTTP requests to AWS as they leave: what a bill is made of, so each attempt of the SDK counts.
 */
import type { fromTemporaryCredentials } from '@aws-sdk/credential-providers'

export type ServiceName = 's3' | 's3control' | 'sqs' | 'cloudwatch' | 'sts' | 'athena' | 'iam' | 'sns'

/** Service -> action (`HeadObject`) -> requests sent. */
export type RequestCounts = ReadonlyMap<string, ReadonlyMap<string, number>>

type Plugin = NonNullable<Parameters<typeof fromTemporaryCredentials>[0]['clientPlugins']>[number]
type Add = (service: ServiceName, action: string) => void

/** `also` is told of each request too. */
export function makeRequestCounts(also?: Add): { readonly add: Add; read(): RequestCounts } {
  const counts = new Map<string, Map<string, number>>()
  return {
    add(service, action) {
      let actions = counts.get(service)
      if (actions === undefined) {
        actions = new Map()
        counts.set(service, actions)
      }
      actions.set(action, (actions.get(action) ?? 0) + 1)
      also?.(service, action)
    },
    read: () => counts,
  }
}

/**
 * A plugin for a client's middleware stack. Lowest of the last step, so below the retries: it runs once an attempt.
 * `override`, since `fromTemporaryCredentials` adds its plugins again at each refresh, and a second one of the same
 * name would throw an hour after the start.
 */
export function countRequests(service: ServiceName, add: Add): Plugin {
  return {
    applyToStack(stack) {
      stack.add(
        (next, context) => async (args) => {
          add(service, (context.commandName ?? 'Unknown').replace(/Command$/, ''))
          return next(args)
        },
        { step: 'deserialize', priority: 'low', name: 'landfallCountRequests', override: true },
      )
    },
  }
}
