// What a reader meets on a page without a click. tools/meter.py evaluates this in the page, and says what counts.
async (screen) => {
  const SKIPPED = "script, style, template, noscript, nav, button, select, textarea, .headerlink";
  const TO_PLAY_WITH = "[data-scrub], [data-explore], [data-critic-lab], iframe";
  const PICTURE = "img, svg, canvas, video, object, [role=img]";
  const ICON = 48; // px: a picture of less, on either side, is none
  const FORMULA = ".math, mjx-container, math";
  const MARGIN = ".margin, .tag_margin, .tag_popout, .sidenote, .marginnote";
  const MARKED = ".question, .exercise";
  const ASKS = /^(Quick question|Question|Exercise|Break it|Predict)\b|^\d+\.(\s|$)/;
  const WORD = /\S*[\p{L}\p{N}]\S*/gu;

  const article = document.querySelector("article");
  if (!article) return null;
  const late = [...article.querySelectorAll("img[loading=lazy]")];
  late.forEach((image) => { image.loading = "eager"; });
  await Promise.allSettled(late.map((image) => image.decode()));
  await document.fonts.ready;

  const from = article.getBoundingClientRect().top;
  const place = (e) => {
    const {top, bottom, width, height} = e.getBoundingClientRect();
    return {top: top - from, bottom: bottom - from, width, height};
  };
  const found = {figures: 0, sliders: 0, questions: 0, tables: 0, formulas: 0, lines: 0, printed: 0};
  const code = [], stops = [], headings = [];
  let text = "", first = null;

  const shown = (e, style) => {
    if (style.display === "contents") return true; // has no box of its own
    if (!e.checkVisibility({opacityProperty: true})) return false; // in closed <details>, too
    const {right, width, height} = e.getBoundingClientRect();
    const forEarsOnly = style.overflowX !== "visible" && width <= 1 && height <= 1;
    return right > 0 && !forEarsOnly;
  };
  const seePicture = (e) => { first ??= {top: e.getBoundingClientRect().top + scrollY, height: place(e).height}; };
  const asks = (e) => {
    const [start] = [...e.childNodes].filter((node) => node.nodeType !== Node.TEXT_NODE || node.data.trim());
    return e.matches("p") && start?.nodeName === "STRONG" && ASKS.test(start.textContent.trim());
  };

  // around: what the element stands in. margin: whether in a note beside the text; asked: in a question; group: the
  // figure or the table whose pictures count as one
  const walk = (e, around) => {
    const style = getComputedStyle(e);
    if (e.matches(SKIPPED) || !shown(e, style)) return;
    const seen = style.visibility === "visible", inLine = style.display.startsWith("inline");
    const apart = e.matches("br") || !["inline", "contents"].includes(style.display);
    const {margin, asked, group} = around = {...around, margin: around.margin || e.matches(MARGIN)};
    if (e.matches(FORMULA)) { // like one letter: "$c$-Lipschitz" is one word
      if (seen) text += inLine ? "x" : " x ";
      found.formulas += seen && !inLine;
      return;
    }
    if (apart) text += " ";
    if (e.matches("pre")) {
      if (!seen) return;
      const printed = e.closest(".output")?.matches(":not(.text_markdown, .text_html)");
      found[printed ? "printed" : "lines"] += e.textContent.split("\n").filter((line) => line.trim()).length;
      if (!margin) code.push(place(e));
      return;
    }
    if (e.matches(TO_PLAY_WITH)) {
      if (!seen) return;
      found.sliders += 1;
      stops.push(place(e));
      const image = e.querySelector("img");
      seePicture(image?.checkVisibility() ? image : e);
      return;
    }
    if (e.matches(PICTURE)) {
      const {width, height} = place(e);
      if (!seen || Math.min(width, height) < ICON) return;
      seePicture(e);
      if (!group?.counted) {
        found.figures += 1;
        stops.push(place(group?.element ?? e));
        if (group) group.counted = true;
      }
      return;
    }
    if (seen && e.matches("table:not(.highlighttable)")) {
      found.tables += 1;
      stops.push(place(e));
    }
    if (seen && !asked && (e.matches(MARKED) || asks(e))) {
      let last = e;
      while (last.nextElementSibling?.matches("details")) last = last.nextElementSibling;
      found.questions += 1;
      stops.push({top: place(e).top, bottom: place(last).bottom});
      around.asked = true;
    }
    if (e.matches("figure, table")) around.group ??= {element: e, counted: false};
    if (seen && e.matches("h1, h2, h3, h4, h5, h6")) headings.push({top: place(e).top, says: e.textContent});
    // a bare text that is folded cannot be asked whether it is seen
    const folded = e.matches("details:not([open])");
    for (const child of folded ? e.querySelectorAll(":scope > summary:first-of-type") : e.childNodes) {
      if (child.nodeType === Node.ELEMENT_NODE) walk(child, around);
      else if (child.nodeType === Node.TEXT_NODE && seen) text += child.data;
    }
    if (apart) text += " ";
  };
  walk(article, {margin: false, asked: false, group: null});

  // boxes that overlap as one
  const merged = (boxes) => {
    const all = [];
    for (const {top, bottom} of boxes.sort((a, b) => a.top - b.top)) {
      if (all.length && top <= all.at(-1).bottom) all.at(-1).bottom = Math.max(all.at(-1).bottom, bottom);
      else all.push({top, bottom});
    }
    return all;
  };
  const {height} = place(article);
  const edges = [{bottom: 0}, ...merged(stops), {top: height}];
  const gaps = edges.slice(1).map(({top}, k) => ({below: edges[k].bottom, height: top - edges[k].bottom}));
  const longest = gaps.reduce((a, b) => (b.height > a.height ? b : a));
  const above = headings.filter(({top}) => top <= longest.below).at(-1) ?? headings[0];
  const onFirstScreen = first && Math.min(Math.max((screen - first.top) / first.height, 0), 1);
  return {
    words: text.match(WORD)?.length ?? 0,
    ...found,
    code: merged(code).reduce((sum, {top, bottom}) => sum + bottom - top, 0) / height,
    first: onFirstScreen,
    firstAt: first?.top ?? null,
    stretch: longest.height / screen,
    where: above?.says.trim().replace(/#$/, "") ?? null,
    screens: height / screen,
  };
}
