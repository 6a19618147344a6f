// The bibliography is marked up as a list without items, which screen readers announce as an empty list.
document.addEventListener("DOMContentLoaded", () => {
  document.querySelectorAll('.citation-list[role="list"]').forEach((list) => list.removeAttribute("role"));
});
