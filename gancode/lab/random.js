// Random numbers that follow from a seed alone, so that a run can be repeated and a link can promise a picture.

// sfc32, the "small fast counter" generator of Chris Doty-Humphrey's PractRand: 32-bit integers, 128 bits of state.
export class Random {
  // stream: a second seed, so that weights, data and what is looked at do not take numbers from one another.
  constructor(seed, stream = 0) {
    this.a = seed | 0;
    this.b = stream | 0;
    this.c = 0x9e3779b9 | 0;
    this.d = 1;
    this.spare = null;
    for (let i = 0; i < 20; i++) this.bits(); // until seeds that differ in one bit have nothing in common
  }

  bits() {
    const t = (((this.a + this.b) | 0) + this.d) | 0;
    this.d = (this.d + 1) | 0;
    this.a = this.b ^ (this.b >>> 9);
    this.b = (this.c + (this.c << 3)) | 0;
    this.c = (this.c << 21) | (this.c >>> 11);
    this.c = (this.c + t) | 0;
    return t >>> 0;
  }

  // in (0, 1): half a step away from either end, for the logarithm below
  uniform() {
    return (this.bits() + 0.5) / 4294967296;
  }

  // 0, 1, ... n - 1
  below(n) {
    return Math.floor(this.uniform() * n);
  }

  // N(0, 1), by Box and Muller: a point in the plane has a uniform angle, and its squared radius is exponential
  normal() {
    if (this.spare !== null) {
      const spare = this.spare;
      this.spare = null;
      return spare;
    }
    const radius = Math.sqrt(-2 * Math.log(this.uniform()));
    const angle = 2 * Math.PI * this.uniform();
    this.spare = radius * Math.sin(angle);
    return radius * Math.cos(angle);
  }
}
