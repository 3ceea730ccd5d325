/** The part of node:zlib that is used; workerd has it, @cloudflare/workers-types does not declare it. */
declare module "node:zlib" {
  interface Options {
    /** Bytes; more is a RangeError. */
    maxOutputLength: number;
  }
  export function gunzipSync(bytes: Uint8Array, options: Options): Uint8Array;
  export function inflateSync(bytes: Uint8Array, options: Options): Uint8Array;
  export function brotliDecompressSync(bytes: Uint8Array, options: Options): Uint8Array;
  export function zstdDecompressSync(bytes: Uint8Array, options: Options): Uint8Array;
}
