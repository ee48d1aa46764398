/**
 * For a process that moves many bytes and keeps few objects; to be imported first. With V8's usual young generation,
 * once it has grown (the SDK's modules do that), the buffers of what went by wait long to be collected: 50 MB more.
 */
import { setFlagsFromString } from 'node:v8'

setFlagsFromString('--semi-space-growth-factor=1')
