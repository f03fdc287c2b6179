"""How does a small server of the demo run beside the rest? On a thread, on the loopback address."""

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

STOP_LOOK_S = 0.05
"""How often the loop looks whether it should stop: what leaving the demo may wait for."""


class LocalServer:
    """A running server; `url` has no slash at its end. Port 0 takes a free one."""

    def __init__(self, handler: type[BaseHTTPRequestHandler], *, port: int) -> None:
        self._server = ThreadingHTTPServer(("127.0.0.1", port), handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(STOP_LOOK_S,), daemon=True
        )
        self._thread.start()

    def stop(self) -> None:
        """Stop listening."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
