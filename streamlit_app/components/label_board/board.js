// Faces to answer about. Each key counts for the face that is shown when it is pressed: the next one is here already,
// so nothing waits for the server, and what it has not taken yet is sent again.

const boards = new WeakMap()
const CODES = { " ": "Space", left: "ArrowLeft", right: "ArrowRight" }

function codeOf(key) {
  if (CODES[key]) return CODES[key]
  return /^[0-9]$/.test(key) ? `Digit${key}` : `Key${key.toUpperCase()}`
}

// The letter that is typed decides; where no choice has it (another alphabet, shifted digits), the place of the key does.
function chosen(event, keys) {
  const typed = event.key.toLowerCase()
  const byLetter = keys.findIndex((key) => key === typed)
  return byLetter >= 0 ? byLetter : keys.findIndex((key) => codeOf(key) === event.code)
}

function element(tag, attributes, ...children) {
  const made = document.createElement(tag)
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) made[name] = value
    else if (value !== undefined && value !== false) made.setAttribute(name, value === true ? "" : value)
  }
  made.append(...children)
  return made
}

function fresh(session, taken) {
  return { session, next: taken + 1, events: [], known: new Map(), done: [], page: [], marked: new Map(), since: Date.now() }
}

// What Python has not taken yet is still true here: answered faces stay away, faces taken back stay in front.
function merge(board) {
  const { data } = board
  board.events = board.events.filter((event) => event.n > data.taken)
  for (const question of data.questions) board.known.set(question.id, question)
  const gone = new Set()
  let back = []
  for (const event of board.events) {
    back = back.filter((question) => question.id !== event.id)
    if (event.undo) {
      gone.delete(event.id)
      back.unshift(board.known.get(event.id))
    } else gone.add(event.id)
  }
  const inFront = new Set(back.map((question) => question.id))
  board.queue = [...back, ...data.questions.filter((q) => !inFront.has(q.id))].filter((q) => !gone.has(q.id))
}

function say(board, id, value, more = {}) {
  const seconds = Math.min(120, (Date.now() - board.since) / 1000)
  board.since = Date.now()
  board.events.push({ n: board.next++, id, value, seconds, ...more })
}

function send(board) {
  merge(board)
  board.set("said", { session: board.session, events: board.events })
  draw(board)
}

function answer(board, question, value) {
  if (!question) return
  say(board, question.id, value)
  board.done.push(question.id)
  send(board)
}

function undo(board) {
  const id = board.done.pop()
  if (id === undefined) return
  board.marked.delete(id)
  if (board.data.mode === "grid" && !board.page.includes(id)) board.page = []
  say(board, id, null, { undo: true })
  send(board)
}

function mark(board, id) {
  if (!board.data.wanted) return
  if (board.marked.has(id)) {
    board.done = board.done.filter((other) => other !== id)
    board.marked.delete(id)
    say(board, id, null, { undo: true })
  } else {
    board.marked.set(id, board.data.wanted)
    board.done.push(id)
    say(board, id, board.data.wanted)
  }
  send(board)
}

// Enter: those not pressed have it not; of classes they stay unanswered and are asked another time.
function finish(board) {
  for (const id of board.page.filter((id) => !board.marked.has(id))) {
    if (board.data.rest === null) say(board, id, null, { pass: true })
    else {
      say(board, id, board.data.rest)
      board.done.push(id)
    }
  }
  board.page = []
  board.marked = new Map()
  send(board)
}

function button(label, key, className, onclick, legend) {
  const shown = element("kbd", { "aria-hidden": "true" }, legend)
  const attributes = { type: "button", class: className, onclick, "aria-keyshortcuts": key, "data-name": key }
  return element("button", attributes, label, shown)
}

function drawOne(board, root) {
  const question = board.queue[0]
  const { data } = board
  const pictures = element("div", { class: "pictures" })
  question.pictures.forEach((src, i) => pictures.append(element("img", { src, alt: question.alts[i], draggable: "false" })))
  const choices = element("div", { class: "choices", role: "group", "aria-label": data.question })
  for (const choice of data.choices) {
    const guessed = question.guess !== null && question.guess === choice.value
    const label = choice.label + (guessed ? " (the page's guess)" : "")
    choices.append(button(label, choice.key, "choice", () => answer(board, question, choice.value), choice.legend))
  }
  choices.append(button(data.skip, "Space", "quiet", () => answer(board, question, null), "Space"))
  root.append(element("div", { class: data.mode }, pictures, choices))
}

function drawGrid(board, root) {
  const { data } = board
  if (!board.page.some((id) => board.known.has(id))) board.page = board.queue.slice(0, data.keys.length).map((q) => q.id)
  const tiles = element("div", { class: "tiles", role: "group", "aria-label": data.question })
  board.page.forEach((id, i) => {
    const question = board.known.get(id)
    const pressed = board.marked.has(id)
    const tile = element("button", { type: "button", class: "tile", "data-name": id, "aria-pressed": String(pressed), onclick: () => mark(board, id) })
    tile.append(element("img", { src: question.pictures[0], alt: question.alts[0] }))
    tile.append(element("kbd", {}, pressed ? "✓" : board.legends[i]))
    tiles.append(tile)
  })
  const left = board.page.filter((id) => !board.marked.has(id)).length
  const words = data.rest === null ? "Next faces" : `The other ${left} have not`
  root.append(tiles, button(words, "Enter", "choice", () => finish(board), "Enter"))
}

function draw(board) {
  const { root, data } = board
  const focused = root.activeElement?.dataset.name
  const content = root.querySelector("#board")
  content.replaceChildren()
  const ready = board.queue.length > 0 || (data.mode === "grid" && board.page.length > 0)
  if (!ready) content.append(element("p", {}, board.events.length ? "One moment: the next faces are coming." : "Every face has an answer."))
  else if (data.mode === "grid") drawGrid(board, content)
  else drawOne(board, content)
  const back = button("Undo", "u", "quiet", () => undo(board), "U")
  back.disabled = board.done.length === 0
  content.append(back)
  if (focused) ([...content.querySelectorAll("button")].find((one) => one.dataset.name === focused) ?? content).focus()
}

// What the keys of the grid print on this keyboard, where the browser tells; else the letters of the common layout.
async function printed(keys) {
  try {
    const layout = await navigator.keyboard.getLayoutMap()
    return keys.map((key) => (layout.get(codeOf(key)) ?? key).toUpperCase())
  } catch {
    return keys.map((key) => key.toUpperCase())
  }
}

function pressed(board, event) {
  const typing = event.composedPath().some((one) => one.matches?.("input, textarea, select, [contenteditable=true], [role=combobox]"))
  if (typing || event.ctrlKey || event.metaKey || event.altKey || event.repeat) return
  const { data } = board
  const focused = event.composedPath()[0]
  const tile = focused?.classList?.contains("tile")
  if (focused?.tagName === "BUTTON" && (event.key === " " || (event.key === "Enter" && !tile))) return
  let act = null
  if (event.key === "Enter" && data.mode === "grid") act = () => finish(board)
  else if (data.mode === "grid" && event.key !== " ") {
    const place = data.keys.findIndex((key) => codeOf(key) === event.code)
    if (place >= 0 && place < board.page.length) act = () => mark(board, board.page[place])
  } else {
    const place = chosen(event, [...data.choices.map((choice) => choice.key), " "])
    const value = place === data.choices.length ? null : data.choices[place]?.value
    if (place >= 0) act = () => answer(board, board.queue[0], value)
  }
  if (!act && event.key.toLowerCase() === "u") act = () => undo(board)
  if (!act) return
  event.preventDefault()
  event.stopImmediatePropagation()
  act()
}

// Streamlit may clean up after an older drawing when a newer one stands in the same place already, so nothing is given to
// it for that: a board stops listening when its place has left the page, and listens again when it is back.
function made(place) {
  const board = {}
  board.heard = (event) => {
    if (place.isConnected) pressed(board, event)
    else document.removeEventListener("keydown", board.heard, { capture: true })
  }
  boards.set(place, board)
  return board
}

export default function ({ data, parentElement, setStateValue }) {
  const board = boards.get(parentElement) ?? made(parentElement)
  document.addEventListener("keydown", board.heard, { capture: true }) // once, however often it is said
  const switched = board.session !== undefined && board.session !== data.session
  if (board.session !== data.session) Object.assign(board, fresh(data.session, data.taken))
  Object.assign(board, { data, root: parentElement, set: setStateValue, legends: data.keys.map((key) => key.toUpperCase()) })
  merge(board)
  draw(board)
  if (switched) parentElement.querySelector("#board").focus() // else Enter would press the switch once more
  if (data.mode === "grid")
    printed(data.keys).then((legends) => {
      board.legends = legends
      draw(board)
    })
}
