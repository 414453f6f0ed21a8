import { type Channel, dialWebSocket } from "../machine-browser.js";
import { dialBroadcast } from "./interim-broadcast.js";

/** Opens a channel to another place; both ends have then proved to each other that they know the token. */
export function dial(address: string, token: string): Promise<Channel> {
  const isTab = address.startsWith("broadcast:");
  return isTab ? dialBroadcast(address, { token }) : dialWebSocket(address, { token });
}
