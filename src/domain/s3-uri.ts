/** `s3://BUCKET/KEY`, as the AWS CLI writes it: all after the first slash is the key, as it stands. */
export interface S3Uri {
  readonly bucket: string
  readonly key: string
}

export function parseS3Uri(text: string): S3Uri | undefined {
  const match = /^s3:\/\/([^/]+)\/(.+)$/s.exec(text)
  return match === null ? undefined : { bucket: match[1]!, key: match[2]! }
}
