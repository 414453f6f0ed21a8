/** Vite's imports of addresses. */
declare module "*?url" {
  const url: string;
  export default url;
}
