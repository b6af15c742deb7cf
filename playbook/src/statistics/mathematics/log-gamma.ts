const halfLogTwoPi = 0.5 * Math.log(2 * Math.PI);

/** What Stirling's formula leaves out, for x ≥ 10: ln Γ(x+1) − (x ln x − x + ½ ln 2πx). Error below 1e-16. */
export function stirlingRest(x: number): number {
  const s = 1 / (x * x);
  return (1 / 12 - s * (1 / 360 - s * (1 / 1260 - s * (1 / 1680 - s * (1 / 1188 - (s * 691) / 360360))))) / x;
}

/** ln Γ(x+1), x ≥ 0: the logarithm of the factorial, also between whole numbers. */
export function logFactorial(x: number): number {
  let shift = 0;
  let at = x;
  // Γ(x+1) = Γ(x+1+k) / ((x+1) … (x+k)) carries small values to where the series is exact.
  while (at < 10) {
    at++;
    shift += Math.log(at);
  }
  return at * Math.log(at) - at + halfLogTwoPi + 0.5 * Math.log(at) + stirlingRest(at) - shift;
}
