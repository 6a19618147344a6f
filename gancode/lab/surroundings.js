// Where the page stands: in the book, in a frame of a notebook, or alone.

export const hasAddress = location.protocol !== "about:"; // an <iframe srcdoc> has none

export function settleIn(root) {
  // In a notebook: as high as need be.
  const frame = hasAddress ? null : window.frameElement, around = frame?.ownerDocument.body;
  if (frame) new ResizeObserver(() => { frame.style.height = `${root.offsetHeight}px`; }).observe(root);

  // The book says which mode it is in. Elsewhere the lab follows JupyterLab, and where there is none the reader's system.
  if (document.documentElement.dataset.theme) return;
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const follow = () => {
    const light = around?.dataset.jpThemeLight;
    document.documentElement.dataset.theme = (light ? light === "true" : !dark.matches) ? "light" : "dark";
  };
  if (around) new MutationObserver(follow).observe(around, {attributeFilter: ["data-jp-theme-light"]});
  dark.addEventListener("change", follow);
  follow();
}
