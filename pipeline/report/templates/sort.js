document.querySelectorAll("table").forEach((table) => {
  const body = table.tBodies[0];
  const number = /^([+−-]?\d+(?:\.\d+)?)(?:$|[\s(–])/;
  const value = (row, k) => row.cells[k].textContent.trim();
  const compare = (a, b) => {
    const [x, y] = [a.match(number), b.match(number)];
    if (x && y) return parseFloat(x[1].replace("−", "-")) - parseFloat(y[1].replace("−", "-"));
    return a.localeCompare(b, undefined, { numeric: true });
  };
  table.querySelectorAll("thead button").forEach((button, k) => {
    button.addEventListener("click", () => {
      const header = button.parentElement;
      const down = header.getAttribute("aria-sort") === "ascending";
      table.querySelectorAll("thead th").forEach((th) => th.removeAttribute("aria-sort"));
      header.setAttribute("aria-sort", down ? "descending" : "ascending");
      const rows = [...body.rows].sort((r, s) => {
        const [a, b] = [value(r, k), value(s, k)];
        // A missing number stays last in either order.
        if (a === "–" || b === "–") return (a === "–") - (b === "–");
        return down ? compare(b, a) : compare(a, b);
      });
      body.append(...rows);
    });
  });
});
