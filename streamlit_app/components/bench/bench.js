// The picture and its sliders. While a slider is dragged one request is under way at a time and the newest value goes
// next, so that the picture follows the pointer as fast as the server can draw, and never lags behind a queue. What is
// let go, clicked or locked goes through Streamlit, as everything else on the page.

const PATIENCE_MS = 3000 // a request without an answer is given up after this
const THUMB_PX = 16 // as Chromium and Firefox draw it
const benches = new WeakMap()

export default function (component) {
  const root = component.parentElement
  let bench = benches.get(root)
  if (!bench) benches.set(root, (bench = new Bench(root)))
  bench.show(component)
}

class Bench {
  constructor(root) {
    this.root = root
    this.picture = root.querySelector(".picture")
    this.rows = new Map()
    this.serial = Date.now() // goes on rising when this component is made anew
    this.waiting = null // the wish that was last sent and is not drawn yet
    this.held = null // the slider being dragged
    this.next = null // its newest value, asked for when the picture before is here
    this.following = false
  }

  show(component) {
    this.send = component.setTriggerValue
    this.data = component.data
    this.draw()
    if (this.waiting && this.data.answered >= this.waiting.serial) this.answered()
  }

  draw() {
    if (this.data.src && this.picture.getAttribute("src") !== this.data.src) {
      this.picture.src = this.data.src
      this.picture.alt = this.data.alt
    }
    write(this.root.querySelector(".status"), this.data.status)
    this.showGroups()
    this.showRows()
  }

  showGroups() {
    const bar = this.root.querySelector(".groups")
    const names = this.data.groups.map(([name]) => name)
    if (!names.includes(this.group)) this.group = names[0]
    while (bar.children.length > names.length) bar.lastChild.remove()
    this.data.groups.forEach(([name, label], place) => {
      const tab = bar.children[place] ?? bar.appendChild(made("button", { type: "button" }))
      set(tab, { role: "tab", "aria-selected": name === this.group, tabindex: name === this.group ? 0 : -1 })
      write(tab, label)
      tab.onclick = () => this.turnTo(name)
      tab.onkeydown = (event) => {
        const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key]
        if (!step) return
        this.turnTo(names[(place + step + names.length) % names.length])
        bar.querySelector('[aria-selected="true"]').focus()
      }
    })
  }

  turnTo(name) {
    this.group = name
    this.showGroups()
    this.showRows()
  }

  showRows() {
    const place = this.root.querySelector(".rows")
    for (const row of this.data.rows) {
      let view = this.rows.get(row.name)
      if (!view || view.kind !== row.kind) {
        view?.element.remove()
        this.rows.set(row.name, (view = new Row(this, row)))
        place.append(view.element)
      }
      view.show(row, row.group === this.group, this.held === row.name)
    }
    const known = new Set(this.data.rows.map((row) => row.name))
    for (const [name, view] of this.rows) if (!known.has(name)) view.element.remove(), this.rows.delete(name)
  }

  drag(name, value) {
    this.held = name
    this.next = { name, value, at: performance.now() }
    if (!this.following) this.follow()
  }

  async follow() {
    this.following = true
    while (this.next) {
      const { name, value, at } = this.next
      this.next = null
      const answer = await asked(this.data.live, { name, value })
      if (!answer || this.held !== name) continue // let go: the wish is on its way
      this.data = { ...this.data, ...answer }
      this.draw()
      await this.seen("bench drag", at)
    }
    this.following = false
  }

  release(name, value) {
    this.held = null
    this.next = null
    this.ask("wish", { name, value })
  }

  ask(kind, what) {
    this.waiting = { serial: ++this.serial, at: performance.now(), kind }
    this.send(kind, { ...what, serial: this.serial })
  }

  answered() {
    const { at, kind } = this.waiting
    this.waiting = null
    this.seen(`bench ${kind}`, at)
  }

  // The time until the picture can be seen, for tests and developer tools.
  async seen(name, start) {
    await this.picture.decode().catch(() => {})
    performance.measure(name, { start })
  }
}

// What the server shows at that value, or why not; nothing if it doesn't answer.
async function asked(address, question) {
  const request = { method: "POST", body: JSON.stringify(question), signal: AbortSignal.timeout(PATIENCE_MS) }
  try {
    const reply = await fetch(new URL(address, document.baseURI), request)
    return reply.status === 404 ? null : await reply.json()
  } catch {
    return null
  }
}

class Row {
  constructor(bench, row) {
    this.bench = bench
    this.name = row.name
    this.kind = row.kind
    this.element = made("div", { class: "row", "data-name": row.name })
    const head = this.element.appendChild(made("div", { class: "head" }))
    this.label = head.appendChild(made("span", { class: "name" }))
    this.value = head.appendChild(made("output", { class: "value" }))
    const tools = this.element.appendChild(made("div", { class: "tools" }))
    this.lock = tools.appendChild(made("button", { type: "button" }))
    this.reset = tools.appendChild(made("button", { type: "button" }))
    this.body = this.element.appendChild(made("div", { class: "body" }))
    if (row.kind === "binary") this.makeSwitch()
    else if (row.kind === "categorical") this.makeChoices(row)
    else this.makeSlider(row)
    this.note = this.element.appendChild(made("div", { class: "note" }))
    this.lock.onclick = () => bench.ask("lock", { name: this.name, locked: !this.row.locked })
    this.reset.onclick = () => bench.ask("wish", { name: this.name, value: null })
  }

  makeSlider(row) {
    const track = this.body.appendChild(made("div", { class: "track" }))
    this.input = track.appendChild(made("input", { type: "range", min: row.low, max: row.high, step: row.step }))
    this.reach = track.appendChild(made("div", { class: "reach" }))
    this.mark = track.appendChild(made("div", { class: "mark" }))
    const under = this.body.appendChild(made("div", { class: row.kind === "cyclic" ? "hue" : "ends" }))
    if (row.kind !== "cyclic") for (const end of row.ends) under.appendChild(made("span")).textContent = end
    this.input.oninput = () => {
      this.value.textContent = this.input.value
      this.bench.drag(this.name, Number(this.input.value))
    }
    this.input.onchange = () => this.bench.release(this.name, Number(this.input.value))
  }

  makeSwitch() {
    this.toggle = this.body.appendChild(made("div", { class: "choices" })).appendChild(made("button", { type: "button" }))
    this.toggle.setAttribute("role", "switch")
    this.toggle.onclick = () => this.bench.ask("wish", { name: this.name, value: this.row.value >= 0.5 ? 0 : 1 })
  }

  makeChoices(row) {
    this.choices = this.body.appendChild(made("div", { class: "choices", role: "radiogroup", "aria-label": row.label }))
    for (const [name, label, colour] of row.choices) {
      const choice = this.choices.appendChild(made("button", { type: "button", role: "radio", "data-class": name }))
      if (colour) choice.appendChild(made("span", { class: "swatch" })).style.background = colour
      choice.append(label)
      choice.onclick = () => this.bench.ask("wish", { name: this.name, value: name })
    }
  }

  show(row, visible, held) {
    this.row = row
    this.element.hidden = !visible
    if (!visible) return // brought up to date when its group is turned to
    const still = Boolean(row.locked || row.off)
    const wished = row.asked !== null
    set(this.element, { "data-off": Boolean(row.off), title: row.help })
    write(this.label, row.label)
    if (!held) write(this.value, row.words)
    write(this.note, row.off || [row.reason, row.held].filter(Boolean).join(" "))
    if (this.input) this.showSlider(row, held, still)
    if (this.toggle) {
      set(this.toggle, { "aria-checked": row.value >= 0.5, "aria-label": row.label })
      write(this.toggle, row.value >= 0.5 ? "yes" : "no")
      this.toggle.disabled = still
    }
    for (const choice of this.choices?.children ?? []) {
      set(choice, { "aria-checked": choice.dataset.class === row.value, "data-asked": choice.dataset.class === row.asked })
      choice.disabled = still
    }
    write(this.lock, row.locked ? "Locked" : "Lock")
    set(this.lock, { "aria-pressed": row.locked, "aria-label": `${row.locked ? "Unlock" : "Lock"} ${row.label.toLowerCase()}` })
    this.lock.disabled = Boolean(row.off)
    write(this.reset, "Undo wish")
    set(this.reset, { "aria-label": `Undo the wish for ${row.label.toLowerCase()}` })
    this.reset.hidden = !wished || row.locked
  }

  showSlider(row, held, still) {
    const share = (value) => Math.min(1, Math.max(0, (value - row.low) / (row.high - row.low)))
    const place = (value) => `calc(${THUMB_PX / 2}px + ${share(value)} * (100% - ${THUMB_PX}px))` // the middle of the thumb
    if (!held) this.input.value = row.value
    this.input.disabled = still
    const ends = row.ends.filter(Boolean).join(" to ")
    set(this.input, { "aria-label": row.label + (ends ? `, ${ends}` : ""), "aria-valuetext": row.words })
    this.reach.hidden = !row.reach
    if (row.reach) {
      this.reach.style.left = place(row.reach[0])
      this.reach.style.right = `calc(100% - ${place(row.reach[1])})`
      this.reach.title = "what this character can reach"
    }
    this.mark.hidden = typeof row.asked !== "number"
    if (typeof row.asked === "number") this.mark.style.left = place(row.asked)
    this.mark.title = `asked: ${row.asked}`
  }
}

function made(tag, attributes = {}) {
  return set(document.createElement(tag), attributes)
}

// Only what changed: each write to the page makes the browser lay it out again, many times a second.
function write(element, text) {
  if (element.textContent !== text) element.textContent = text
}

function set(element, attributes) {
  for (const [name, value] of Object.entries(attributes)) {
    if (element.getAttribute(name) !== String(value)) element.setAttribute(name, value)
  }
  return element
}
