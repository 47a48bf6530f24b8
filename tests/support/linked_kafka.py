"""A broker behind a link."""

from __future__ import annotations

from storepulse.local.broker import EmbeddedKafka


class LinkedKafka(EmbeddedKafka):
    """A broker that tells its clients to come through a link, where there is one."""

    advertised: str | None = None

    def wait_ready(self, timeout: float = 240) -> None:
        """As the broker's own, with more patience: recovery after kill -9 on a busy machine."""
        super().wait_ready(timeout)

    def _write_configuration(self) -> None:
        super()._write_configuration()
        if self.advertised is not None:
            with (self._folder / "server.properties").open("a") as file:
                file.write(f"advertised.listeners=BROKER://{self.advertised}\n")
