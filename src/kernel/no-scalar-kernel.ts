/**
 * What browsers get in place of the scalar build, as package.json says under `imports`: all of them have
 * had SIMD since March 2023, and where it is turned off the twin does the work.
 */
export const SCALAR_KERNEL: string | null = null;
