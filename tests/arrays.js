// Arrays of float32 as base64, both ways: how shared cases come into a page and numbers out of it.

const unpack = (text) => new Float32Array(Uint8Array.from(atob(text), (c) => c.charCodeAt(0)).buffer);
const pack = (array) => {
  const bytes = new Uint8Array(Float32Array.from(array).buffer);
  let text = "";
  for (let i = 0; i < bytes.length; i += 4096) text += String.fromCharCode(...bytes.subarray(i, i + 4096));
  return btoa(text);
};
