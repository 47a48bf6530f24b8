/** What stands beside a page's name: a count of open letters, a dot for a destination in trouble. */
export function Mark({ page: _ }: { page: string }) {
  return null;
}
