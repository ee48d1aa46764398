/**
 * The metadata that Landfall's own writes carry, so that a look can tell whose copy a version is (S3 gives a copy a
 * version id of its own). Names as S3 stores them: lower case, without `x-amz-meta-`.
 */
export const SOURCE_VERSION = 'landfall-source-version'
/** Of a copy in place at the source: the version that it stands for. */
export const RETRIGGERED = 'landfall-retriggered'
