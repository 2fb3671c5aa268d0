// The page's side of the worker: a promise for each question, events for what has been loaded.

export class Client {
  constructor(onEvent = () => {}) {
    this.calls = new Map();
    this.next = 1;
    this.worker = new Worker(new URL("./worker.js", import.meta.url), { type: "module" });
    this.worker.onmessage = ({ data }) => {
      if (data.event) { onEvent(data.event); return; }
      const { resolve, reject } = this.calls.get(data.call);
      this.calls.delete(data.call);
      if (data.error) reject(new Error(data.error)); else resolve(data.answer);
    };
    this.worker.onerror = (event) => {
      for (const { reject } of this.calls.values()) reject(new Error(event.message));
      this.calls.clear();
    };
  }

  ask(op, message = {}) {
    return new Promise((resolve, reject) => {
      const call = this.next++;
      this.calls.set(call, { resolve, reject });
      this.worker.postMessage({ call, op, ...message });
    });
  }
}

/** Answers of the latest question only: older ones come to nothing. */
export function latestOnly(ask) {
  let generation = 0;
  return async (...values) => {
    const mine = ++generation;
    const answer = await ask(...values);
    return mine === generation ? answer : null;
  };
}
