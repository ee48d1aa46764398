import { ServiceError } from '../http/errors.ts'
import type { Call } from '../types.ts'
import type { Ask } from './guard.ts'
import type { Iam } from './iam.ts'
import { sentence } from './words.ts'

/** @throws ServiceError `AccessDenied`, in AWS's words, where the caller may not */
export function checkCall({ guard }: Iam, call: Call, ask: Omit<Ask, 'call' | 'who' | 'service' | 'trust'>): void {
  const { who } = call
  if (!guard.concerns(who, ask.owner)) return
  const denied = guard.denial({ ...ask, call, who })
  if (denied !== undefined) throw new ServiceError('AccessDenied', sentence(denied), 403)
}
