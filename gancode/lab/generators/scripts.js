// What is loaded beside the page. A page from a disk may fetch nothing, but it may have one more script.

const asked = {};

// The entry of window.kept that this file makes, once; asked again if it failed.
export function load(folder, name) {
  asked[name] ??= new Promise((resolve, reject) => {
    const script = document.createElement("script");
    script.src = `${folder}/${name}.js`;
    script.onload = () => {
      const found = window.kept[name];
      delete window.kept[name]; // who asked has it: it need not be kept twice
      resolve(found);
    };
    script.onerror = () => {
      delete asked[name];
      reject(new Error(`${name}.js is not beside this page, or could not be loaded`));
    };
    document.head.append(script);
  });
  return asked[name];
}
