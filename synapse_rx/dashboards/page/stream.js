// Reads server-sent events with a header for the token, which EventSource cannot set, and goes on after every break
// from where it was: nothing is lost and nothing comes twice.

const FIRST_WAIT = 250;
const LONGEST_WAIT = 4000;

export async function follow(path, token, { onMessage, onState }) {
  let last = null;
  let wait = FIRST_WAIT;
  for (;;) {
    try {
      const headers = { Authorization: `Bearer ${token}` };
      if (last !== null) headers["Last-Event-ID"] = last;
      const response = await fetch(path, { headers, cache: "no-store" });
      if (response.status === 401) return onState("refused");
      if (!response.ok) throw new Error(`status ${response.status}`);
      onState("live");
      wait = FIRST_WAIT;
      await read(response.body, (id, data) => {
        onMessage(JSON.parse(data));
        last = id; // after it was taken in
      });
    } catch (error) {
      if (!(error instanceof TypeError || error instanceof DOMException)) console.info("stream:", error.message);
    }
    onState("lost");
    await new Promise((resolve) => setTimeout(resolve, wait));
    wait = Math.min(2 * wait, LONGEST_WAIT);
  }
}

async function read(body, onEvent) {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    const blocks = (rest + value).split("\n\n");
    rest = blocks.pop();
    for (const block of blocks) {
      let id = null;
      let kind = "message";
      const data = [];
      for (const line of block.split("\n")) {
        if (line.startsWith("id: ")) id = line.slice(4);
        else if (line.startsWith("event: ")) kind = line.slice(7);
        else if (line.startsWith("data: ")) data.push(line.slice(6));
      }
      if (kind !== "message") console.info(`stream: ${kind}: ${data.join("\n")}`); // "dropped": too slow for it
      else if (data.length) onEvent(id, data.join("\n"));
    }
  }
}
