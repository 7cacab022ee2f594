// Remembers the project in a cookie of this page alone: no other site and no other visitor can read it.
const YEAR_S = 365 * 24 * 60 * 60

export default function ({ data }) {
  document.cookie = `${data.cookie}=${data.key}; max-age=${YEAR_S}; path=/; SameSite=Strict`
}
