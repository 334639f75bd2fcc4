"""A receiver in a process of its own: it writes the id of each event to a file before it answers. To be killed."""

import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Receiver(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        # Appended in one write, so it is there whole or not at all.
        self.server.received.write(f"{self.headers['Webhook-Id']}\n".encode())
        self.send_response(204)
        self.end_headers()

    def log_message(self, *_):
        pass


class Server(ThreadingHTTPServer):
    request_queue_size = 128

    def handle_error(self, *_):
        """A client that has gone is no news."""


if __name__ == "__main__":
    port, path = sys.argv[1:]
    with open(path, "ab", buffering=0) as received, Server(("127.0.0.1", int(port)), Receiver) as server:
        server.received = received
        print(server.server_address[1], flush=True)
        server.serve_forever()
