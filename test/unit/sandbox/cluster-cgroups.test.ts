import { describe, expect, test } from "vitest";
import { hierarchies } from "../../../sandbox/cluster/cgroups.ts";
import { namespacePids } from "../../../sandbox/cluster/host-pids.ts";

describe("cgroup hierarchies are read from mountinfo", () => {
  const root = "27 1 254:0 / / rw,relatime - ext4 /dev/vda rw";
  test.each([
    [
      "v2 alone",
      "30 23 0:26 / /sys/fs/cgroup rw,nosuid shared:9 - cgroup2 cgroup2 rw,nsdelegate",
      [["/sys/fs/cgroup", 2, []]],
    ],
    [
      "v1 with joined controllers",
      "33 31 0:30 / /sys/fs/cgroup/cpu,cpuacct rw,relatime shared:3 - cgroup cgroup rw,cpu,cpuacct",
      [["/sys/fs/cgroup/cpu,cpuacct", 1, ["cpu", "cpuacct"]]],
    ],
    [
      "a hybrid",
      "34 31 0:31 / /sys/fs/cgroup/cpuset rw - cgroup cgroup rw,cpuset\n41 31 0:38 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw",
      [
        ["/sys/fs/cgroup/cpuset", 1, ["cpuset"]],
        ["/sys/fs/cgroup/unified", 2, []],
      ],
    ],
    ["none", "", []],
  ])("%s", (_, lines, expected) => {
    const found = hierarchies(`${root}\n${lines}\n`).map(({ path, version, controllers }) => [
      path,
      version,
      controllers,
    ]);
    expect(found).toEqual(expected);
  });
});

describe("a process's ids in two PID namespaces", () => {
  test.each([
    ["of the sandbox", "Name:\tetcd\nNSpid:\t14001\t12\n", { host: 14001, inner: 12 }],
    ["of this machine", "Name:\tunshare\nNSpid:\t13940\n", undefined],
    ["of a pod with a namespace of its own", "NSpid:\t15000\t80\t1\n", undefined],
    ["gone", "", undefined],
  ])("%s", (_, status, expected) => {
    expect(namespacePids(status)).toEqual(expected);
  });
});
