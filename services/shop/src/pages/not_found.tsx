import { Link } from "wouter";

export function NotFound() {
  return (
    <section className="narrow">
      <h1>This page is gone</h1>
      <p>
        What you look for is no longer here. <Link href="/">See what is</Link>.
      </p>
    </section>
  );
}
