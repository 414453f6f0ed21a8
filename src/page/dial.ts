import { type Channel, dialBroadcast, dialWebSocket } from "../machine-browser.js";

/** Opens a channel to another place; both ends have then proved to each other that they know the token. */
export function dial(address: string, token: string): Promise<Channel> {
  const isTab = address.startsWith("broadcast:");
  return isTab ? dialBroadcast(address, { token }) : dialWebSocket(address, { token });
}
