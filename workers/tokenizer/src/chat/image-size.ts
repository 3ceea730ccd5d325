/** In pixels. */
export interface ImageSize {
  width: number;
  height: number;
}

/** Base64 digits that are decoded at most: a JPEG's size can stand behind long metadata. */
const LONGEST_HEAD = 256 * 1024;

/** Size of the PNG, GIF, WebP or JPEG in a data: URL, from its first bytes; else undefined. */
export function imageSizeOfDataUrl(url: string): ImageSize | undefined {
  const comma = url.slice(0, 128).indexOf(",");
  if (!url.startsWith("data:") || comma === -1 || !url.slice(0, comma).endsWith(";base64")) return undefined;
  const digits = url.slice(comma + 1, comma + 1 + LONGEST_HEAD);
  const bytes = decodeBase64(digits.slice(0, digits.length - (digits.length % 4)));
  const size = bytes && (pngSize(bytes) ?? gifSize(bytes) ?? webpSize(bytes) ?? jpegSize(bytes));
  return size && size.width > 0 && size.height > 0 ? size : undefined;
}

function decodeBase64(digits: string): DataView | undefined {
  try {
    const text = atob(digits);
    const bytes = new Uint8Array(text.length);
    for (let at = 0; at < text.length; at++) bytes[at] = text.charCodeAt(at);
    return new DataView(bytes.buffer);
  } catch {
    return undefined;
  }
}

function pngSize(view: DataView): ImageSize | undefined {
  if (view.byteLength < 24 || view.getUint32(0) !== 0x89504e47) return undefined;
  return { width: view.getUint32(16), height: view.getUint32(20) };
}

function gifSize(view: DataView): ImageSize | undefined {
  if (view.byteLength < 10 || view.getUint32(0) !== 0x47494638) return undefined;
  return { width: view.getUint16(6, true), height: view.getUint16(8, true) };
}

function webpSize(view: DataView): ImageSize | undefined {
  if (view.byteLength < 30 || view.getUint32(0) !== 0x52494646 || view.getUint32(8) !== 0x57454250) return undefined;
  switch (view.getUint32(12)) {
    case 0x56503820: // "VP8 "
      return { width: view.getUint16(26, true) & 0x3fff, height: view.getUint16(28, true) & 0x3fff };
    case 0x5650384c: {
      // "VP8L"
      const bits = view.getUint32(21, true);
      return { width: (bits & 0x3fff) + 1, height: ((bits >>> 14) & 0x3fff) + 1 };
    }
    case 0x56503858: {
      // "VP8X": 24 bits each
      const low24 = (at: number) => view.getUint16(at, true) | (view.getUint8(at + 2) << 16);
      return { width: low24(24) + 1, height: low24(27) + 1 };
    }
    default:
      return undefined;
  }
}

/** Walks the segments to the frame header. */
function jpegSize(view: DataView): ImageSize | undefined {
  if (view.byteLength < 4 || view.getUint16(0) !== 0xffd8) return undefined;
  for (let at = 2; at + 9 < view.byteLength; ) {
    if (view.getUint8(at) !== 0xff) return undefined;
    const marker = view.getUint8(at + 1);
    if (marker === 0xff) {
      at++; // padding
      continue;
    }
    // Frame headers are C0 to CF without C4, C8 and CC.
    const isFrame = marker >= 0xc0 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xc8 && marker !== 0xcc;
    if (isFrame) return { height: view.getUint16(at + 5), width: view.getUint16(at + 7) };
    at += 2 + Math.max(2, view.getUint16(at + 2));
  }
  return undefined;
}
