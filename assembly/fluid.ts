// Memory as a fluid: D(t) of a guest, and pre-copy's recurrence over it for many migrations at once.
//
// A curve is doubles: how many terms it has, then the terms one after the other.
//
//   kind 0, a set     | 0 | pages | writes to a page per ns |       pages (1 - exp(-rate t))
//   kind 1, a cycle   | 1 | pages | pages per ns |                  min(pages, rate t)
//   kind 2, points    | 2 | pages | slope at the end | fall ns | n | n times (ns, pages) |
//
// Points are joined by straight lines from the origin on. Beyond the last, the slope falls to 1/e every
// `fall` ns (0: it stays), and the term never exceeds its pages.

const SET: f64 = 0;
const CYCLE: f64 = 1;
const LN_2: f64 = 0.6931471805599453;

export function fluidDirtyPages(curve: usize, ns: f64): f64 {
  const terms = <u32>load<f64>(curve);
  let at = curve + 8;
  let pages: f64 = 0;
  for (let term: u32 = 0; term != terms; term++) {
    const kind = load<f64>(at);
    const most = load<f64>(at, 8);
    const rate = load<f64>(at, 16);
    if (kind == SET) {
      pages += most * oneMinusExp(rate * ns);
      at += 24;
    } else if (kind == CYCLE) {
      pages += min<f64>(most, rate * ns);
      at += 24;
    } else {
      const count = <u32>load<f64>(at, 32);
      pages += min<f64>(most, onPoints(at + 40, count, rate, load<f64>(at, 24), ns));
      at += 40 + ((<usize>count) << 4);
    }
  }
  return pages;
}

function onPoints(points: usize, count: u32, slope: f64, fall: f64, ns: f64): f64 {
  const last = points + ((<usize>count - 1) << 4);
  if (ns >= load<f64>(last)) {
    const beyond = ns - load<f64>(last);
    const more = fall > 0 ? slope * fall * oneMinusExp(beyond / fall) : slope * beyond;
    return load<f64>(last, 8) + more;
  }
  let low: u32 = 0;
  let high = count - 1;
  // The first point that lies beyond the time.
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (load<f64>(points + ((<usize>middle) << 4)) > ns) high = middle;
    else low = middle + 1;
  }
  const to = points + ((<usize>low) << 4);
  const fromNs = low > 0 ? load<f64>(to - 16) : 0;
  const fromPages = low > 0 ? load<f64>(to - 8) : 0;
  const share = (ns - fromNs) / (load<f64>(to) - fromNs);
  return fromPages + (load<f64>(to, 8) - fromPages) * share;
}

/** 1 - e^-x for x >= 0 within 1e-15, from + - * / only and in a fixed order, so that every build gives the same bits. */
function oneMinusExp(x: f64): f64 {
  if (x > 40) return 1;
  if (x > 0.5) {
    const halvings = floor(x * (1 / LN_2) + 0.5);
    const rest = halvings * LN_2 - x;
    const scale = reinterpret<f64>((1023 - <i64>halvings) << 52);
    return 1 - scale * (1 + rest * expSeries(rest));
  }
  return x * expSeries(-x);
}

/** (e^y - 1) / y for |y| <= 1/2. */
function expSeries(y: f64): f64 {
  let sum: f64 = 1.0 / 87178291200.0;
  sum = sum * y + 1.0 / 6227020800.0;
  sum = sum * y + 1.0 / 479001600.0;
  sum = sum * y + 1.0 / 39916800.0;
  sum = sum * y + 1.0 / 3628800.0;
  sum = sum * y + 1.0 / 362880.0;
  sum = sum * y + 1.0 / 40320.0;
  sum = sum * y + 1.0 / 5040.0;
  sum = sum * y + 1.0 / 720.0;
  sum = sum * y + 1.0 / 120.0;
  sum = sum * y + 1.0 / 24.0;
  sum = sum * y + 1.0 / 6.0;
  sum = sum * y + 0.5;
  return sum * y + 1;
}
