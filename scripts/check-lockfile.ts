/** The lockfile names no registry, so that it serves whoever has another one, and each package has its hash. */
export function checkLockfile(text: string): string[] {
  const { packages } = JSON.parse(text) as {
    packages: Record<string, { resolved?: string; integrity?: string; link?: boolean }>;
  };
  return Object.entries(packages).flatMap(([path, entry]) => {
    if (!path.includes('node_modules/') || entry.link === true) return [];
    const problems: string[] = [];
    if (entry.resolved !== undefined)
      problems.push(
        `package-lock.json: ${path} names where it was fetched; run npm with omit-lockfile-registry-resolved`,
      );
    if (entry.integrity === undefined) problems.push(`package-lock.json: ${path} has no integrity`);
    return problems;
  });
}
