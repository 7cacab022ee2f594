// A sheet of pictures, each a button, with smaller actions below it.

export default function ({ data, parentElement, setTriggerValue }) {
  const sheet = parentElement.querySelector(".sheet")
  sheet.style.setProperty("--tile", `${data.side}px`)
  sheet.style.setProperty("--beside", data.tiles.length)
  sheet.classList.toggle("beside", !data.actions.length)
  sheet.classList.toggle("dozen", data.actions.length > 0 && data.tiles.length === 12)
  sheet.replaceChildren(...data.tiles.map((tile) => drawn(tile, data.actions, setTriggerValue)))
}

function drawn(tile, actions, send) {
  const [main, ...others] = actions
  const item = made("li", { class: tile.chosen ? "tile chosen" : "tile" })
  const picture = made("img", { src: tile.src, alt: tile.alt })
  if (main) {
    const open = item.appendChild(made("button", { type: "button", class: "open", "aria-label": `${main[1]}: ${tile.title}` }))
    open.onclick = () => send("act", { action: main[0], key: tile.key })
    open.append(picture)
  } else item.append(picture)
  item.appendChild(made("div", { class: "title" })).textContent = tile.title
  if (tile.note) item.appendChild(made("div", { class: "note" })).textContent = tile.note
  const bar = item.appendChild(made("div", { class: "bar" }))
  for (const [name, label] of others) {
    const button = bar.appendChild(made("button", { type: "button", "aria-label": `${label}: ${tile.title}` }))
    button.textContent = label
    button.onclick = () => send("act", { action: name, key: tile.key })
  }
  return item
}

function made(tag, attributes) {
  const element = document.createElement(tag)
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value)
  return element
}
