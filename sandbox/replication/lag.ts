/**
 * How long a replication takes: log-normal, as measured lags of object stores are (a short hump and a long tail).
 */

/** The 99th percentile of the standard normal distribution. */
const Z99 = 2.326347874

/**
 * A lag in whole ms, from a number drawn uniformly in [0, 1). A `p99Ms` at or below the median gives the median always.
 */
export function lagOf(lag: { medianMs: number; p99Ms: number } | undefined, uniform: number): number {
  if (lag === undefined || lag.medianMs <= 0) return 0
  const sigma = Math.log(Math.max(lag.p99Ms / lag.medianMs, 1)) / Z99
  return Math.round(lag.medianMs * Math.exp(sigma * normalQuantile(uniform)))
}

/**
 * The inverse of the standard normal distribution function (P. J. Acklam's rational approximation, relative error
 * below 1.2e-9). One uniform number gives one lag, so that a run's streams of chance stay in step whatever the faults.
 */
export function normalQuantile(probability: number): number {
  const p = Math.min(Math.max(probability, 1e-12), 1 - 1e-12)
  if (p < 0.02425) return tail(Math.sqrt(-2 * Math.log(p)))
  if (p > 1 - 0.02425) return -tail(Math.sqrt(-2 * Math.log(1 - p)))
  const q = p - 0.5
  const r = q * q
  return (polynomial(A, r) * q) / (polynomial(B, r) * r + 1)
}

function tail(q: number): number {
  return polynomial(C, q) / (polynomial(D, q) * q + 1)
}

/** Horner's scheme, highest power first. */
function polynomial(coefficients: readonly number[], x: number): number {
  return coefficients.reduce((sum, coefficient) => sum * x + coefficient, 0)
}

const A = [
  -3.969683028665376e1, 2.209460984245205e2, -2.759285104469687e2, 1.38357751867269e2, -3.066479806614716e1,
  2.506628277459239,
]
const B = [-5.447609879822406e1, 1.615858368580409e2, -1.556989798598866e2, 6.680131188771972e1, -1.328068155288572e1]
const C = [
  -7.784894002430293e-3, -3.223964580411365e-1, -2.400758277161838, -2.549732539343734, 4.374664141464968,
  2.938163982698783,
]
const D = [7.784695709041462e-3, 3.224671290700398e-1, 2.445134137142996, 3.754408661907416]
