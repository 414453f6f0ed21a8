import { type Channel, portChannel, proven } from "../machine-browser.js";

function channelOver(name: string): Channel {
  const bc = new BroadcastChannel(name);
  return portChannel(
    {
      postMessage: (message) => bc.postMessage(message),
      addEventListener: (type, listener) => {
        if (type !== "close") bc.addEventListener(type, listener as EventListener);
      },
      start: () => undefined,
      close: () => setTimeout(() => bc.close(), 100),
    },
    name,
  );
}

export async function dialBroadcast(
  address: string,
  { token }: { token: string },
): Promise<Channel> {
  const name = address.slice("broadcast:".length);
  const id = crypto.randomUUID();
  const channel = channelOver(`${name}/${id}`);
  const door = new BroadcastChannel(name);
  door.postMessage(id);
  door.close();
  await proven(channel, "dialler", token);
  return channel;
}

export function listenBroadcast(
  address: string,
  accept: (channel: Channel) => void,
  { token }: { token: string },
): void {
  const name = address.slice("broadcast:".length);
  new BroadcastChannel(name).onmessage = async ({ data }) => {
    const channel = channelOver(`${name}/${data}`);
    await proven(channel, "listener", token);
    accept(channel);
  };
}
