import { memoryChannels } from "../../../src/transport/memory-channel.js";
import { channelConformance } from "./channel-conformance.js";

channelConformance("a channel in memory", async () => memoryChannels());
