import type { Refusal } from '../types.ts'

/** Thrown by an action, answered by the service in its own wire form. */
export class ServiceError extends Error implements Refusal {
  readonly status: number
  readonly code: string

  constructor(code: string, message: string, status = 400) {
    super(message)
    this.name = 'ServiceError'
    this.code = code
    this.status = status
  }
}
