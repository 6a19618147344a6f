// Where the page stands: in the book, in a frame of a notebook, or alone. What the lab and the generators' page share.

export const hasAddress = location.protocol !== "about:"; // an <iframe srcdoc> has none

// write(): the state into the address
export function shareable(root, write) {
  root.querySelector(".share").hidden = !hasAddress;
  root.querySelector(".copy").addEventListener("click", async () => {
    write(); // where the address is that of a place in the page
    const copied = await navigator.clipboard?.writeText(location.href).then(() => true, () => false);
    root.querySelector(".share [role=status]").textContent = copied ? "Copied." : "It is in the address bar.";
  });
}

export function settleIn(root) {
  root.dataset.alive = "yes";
  root.querySelector(".alive").hidden = false;

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
