import type { Socket } from "node:net";

let corked: Socket[] = [];

/**
 * Holds what is written to a socket back until all that has arrived by now is dealt with. What is sent in one burst finds its
 * readers awake: to wake one that sleeps costs as much as all else that a write does.
 */
export function inOneBurst(socket: Socket): void {
  if (corked.length === 0) setImmediate(sendAll);
  corked.push(socket);
  socket.cork();
}

function sendAll(): void {
  const all = corked;
  corked = [];
  for (const socket of all) socket.uncork();
}
