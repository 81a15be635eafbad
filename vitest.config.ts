import { defineConfig } from "vitest/config";

const minutes = (n: number): number => n * 60_000;

// Three rooms, one after the other: what takes seconds fails first, and the machine's two cores are not fought over.
export default defineConfig({
  test: {
    reporters: ["verbose", "./test/support/closing-line.ts"],
    projects: [
      {
        test: {
          name: "unit",
          include: ["test/unit/**/*.test.ts"],
          testTimeout: minutes(2),
          sequence: { groupOrder: 1 },
        },
      },
      {
        test: {
          name: "integration",
          include: ["test/integration/**/*.test.ts"],
          globalSetup: ["test/support/tools.ts"],
          testTimeout: minutes(3),
          hookTimeout: minutes(10),
          fileParallelism: false,
          sequence: { groupOrder: 2 },
        },
      },
      {
        test: {
          name: "e2e",
          include: ["test/e2e/**/*.test.ts"],
          globalSetup: ["test/support/tools.ts"],
          testTimeout: minutes(10),
          hookTimeout: minutes(20),
          fileParallelism: false,
          sequence: { groupOrder: 3 },
        },
      },
    ],
  },
});
