const search = document.getElementById("search");
const rows = Array.from(document.querySelectorAll("#findings tbody tr"));
const texts = rows.map((row) => row.textContent.toLowerCase());
search.hidden = false;
search.addEventListener("input", () => {
  const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
  let shown = 0;
  rows.forEach((row, n) => {
    row.hidden = !words.every((word) => texts[n].includes(word));
    shown += row.hidden ? 0 : 1;
  });
  document.getElementById("shown").textContent = shown + " of " + rows.length + " shown";
});
