/** Most of each kind that a scenario may have; a file with more is a mistake, or meant ill. */
export const MOST = {
  hosts: 1_000_000,
  vms: 10_000_000,
  /** The VMs' column holds a flavour in 16 bits. */
  flavours: 65_536,
  /** Providers, sites, types of host, named demands. */
  kinds: 10_000,
  /** Groups of hosts, of VMs; entries of any list that are not counted elsewhere. */
  groups: 100_000,
  /** Moves and faults, with their ranges written out. */
  moves: 1_000_000,
  /** Hosts times intervals whose load is kept. */
  loads: 100_000_000,
  /** Cores of a host. */
  cores: 100_000,
  /** Money. */
  price: 1e12,
} as const;
