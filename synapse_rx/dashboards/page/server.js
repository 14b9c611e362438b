// Asks the server, with the token.

export class Server {
  constructor() {
    const given = new URLSearchParams(location.hash.slice(1)).get("token");
    if (given) {
      this.remember(given); // survives a reload, and leaves the address
      history.replaceState(null, "", location.pathname + location.search);
    }
    this.token = sessionStorage.getItem("token") ?? "";
  }

  remember(token) {
    sessionStorage.setItem("token", token);
  }

  // The answer, or null where there is none or a refusal.
  async get(path) {
    const answer = await fetch(path, this.#asking()).catch(() => null);
    return answer?.ok ? answer : null;
  }

  async json(path) {
    return (await this.get(path))?.json().catch(() => null) ?? null;
  }

  // Why a command was refused, or an empty text.
  async command(id, asked) {
    try {
      const options = this.#asking({ "Content-Type": "application/json" });
      const answer = await fetch(`nets/${id}/commands`, { ...options, method: "POST", body: JSON.stringify(asked) });
      return (await answer.json()).error ?? "";
    } catch {
      return "the server cannot be reached";
    }
  }

  #asking(more = {}) {
    return { cache: "no-store", headers: { Authorization: `Bearer ${this.token}`, ...more } };
  }
}
