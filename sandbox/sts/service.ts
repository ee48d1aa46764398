import type { Input } from '../http/input.ts'
import { makeQueryService } from '../http/query-service.ts'
import type { XmlNode } from '../http/xml.ts'
import type { Call, Service, WorldCore } from '../types.ts'
import { assumeRole } from './actions/assume-role.ts'
import { getCallerIdentity } from './actions/get-caller-identity.ts'

export interface StsRequest {
  readonly input: Input
  readonly call: Call
  readonly core: WorldCore
}

export type StsAction = (request: StsRequest) => XmlNode

const ACTIONS: Readonly<Record<string, StsAction>> = {
  AssumeRole: assumeRole,
  GetCallerIdentity: getCallerIdentity,
}

/** STS, the same at every region's endpoint. */
export function makeSts(core: WorldCore): Service {
  return makeQueryService({
    name: 'sts',
    namespace: 'https://sts.amazonaws.com/doc/2011-06-15/',
    invalidCode: 'ValidationError',
    run(action, input, call) {
      const act = ACTIONS[action]
      return act === undefined ? undefined : { result: act({ input, call, core }) }
    },
  })
}
