// On a telephone a figure that is wider than the book's own width does not shrink until nobody can read it: it scrolls.
document.addEventListener("DOMContentLoaded", () => {
  const dots = { png: 144, webp: 100 }; // an inch
  document.querySelectorAll(".bd-article .cell_output img").forEach((image) => {
    const measure = () => {
      const kind = image.src.startsWith("data:image/webp") ? "webp" : "png";
      const wide = image.classList.toggle("wide", image.naturalWidth > 6.8 * dots[kind]);
      // a narrow one would have larger letters than its neighbours
      if (kind === "png" && !wide) image.style.maxWidth = `min(100%, ${image.naturalWidth / 1.44}px)`;
    };
    if (image.complete) measure();
    image.addEventListener("load", measure);
  });
});

// The bibliography is marked up as a list without items, which screen readers announce as an empty list.
document.addEventListener("DOMContentLoaded", () => {
  document.querySelectorAll('.citation-list[role="list"]').forEach((list) => list.removeAttribute("role"));
});
