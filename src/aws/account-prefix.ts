/**
 * S3 Control is addressed as `<account id>.s3-control.<region>.amazonaws.com`, and the SDK puts the account before
 * endpoints of one's own too: `111111111111.127.0.0.1`, which is no URL, or a name that no DNS knows. The account is sent
 * in a header as well (`x-amz-account-id`), so elsewhere than at AWS the host stays as it was given.
 *
 * Source: Amazon S3 API reference, CreateJob; S3 user guide, "AWS PrivateLink for Amazon S3" (there the prefix is wanted).
 */
import type { S3ControlClient } from '@aws-sdk/client-s3-control'

type Provider = S3ControlClient['config']['endpointProvider']

/** The SDK's own rules, which are asked without the account where the endpoint is not AWS'. */
export function withoutAccountPrefix(provider: Provider): Provider {
  return (params, context) => {
    const { Endpoint: endpoint } = params
    if (endpoint === undefined || isAmazon(endpoint)) return provider(params, context)
    return provider({ ...params, RequiresAccountId: false }, context)
  }
}

function isAmazon(endpoint: string): boolean {
  return URL.canParse(endpoint) && /\.amazonaws\.com(\.cn)?$/.test(new URL(endpoint).hostname)
}
