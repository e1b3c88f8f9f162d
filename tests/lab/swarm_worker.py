"""Becomes a worker of a Docker swarm just far enough to be told its gossip keys: certificate, then the first message
of a dispatcher session. gRPC by curl, protobuf by hand, so that nothing of the product takes part."""

import subprocess

from lab import LabError, wait_until


def varint(number):
    out = bytearray()
    while number > 127:
        out.append(number & 127 | 128)
        number >>= 7
    return bytes(out) + bytes([number])


def field(number, value):
    """A protobuf field: bytes and text by length, numbers as varints."""
    if isinstance(value, int):
        return varint(number << 3) + varint(value)
    raw = value.encode() if isinstance(value, str) else value
    return varint(number << 3 | 2) + varint(len(raw)) + raw


def parse(message):
    """{field number: [values]} of a protobuf message; nested messages stay bytes."""
    fields, at = {}, 0

    def number():
        nonlocal at
        value, shift = 0, 0
        while True:
            byte = message[at]
            at += 1
            value |= (byte & 127) << shift
            shift += 7
            if byte < 128:
                return value

    while at < len(message):
        tag = number()
        if tag & 7 == 0:
            value = number()
        elif tag & 7 == 2:
            size = number()
            value = message[at : at + size]
            at += size
        else:
            size = {1: 8, 5: 4}[tag & 7]
            value = message[at : at + size]
            at += size
        fields.setdefault(tag >> 3, []).append(value)
    return fields


class SwarmWorker:
    """`namespace` reaches the manager; files go to `folder`."""

    def __init__(self, namespace, folder, manager, token):
        self.namespace = namespace
        self.folder = folder
        self.manager = manager
        self.token = token
        folder.mkdir(exist_ok=True)

    def call(self, method, request, certificate=False, seconds=10, streaming=False):
        body = self.folder / "request"
        body.write_bytes(b"\0" + len(request).to_bytes(4, "big") + request)
        answer = self.folder / "answer"
        answer.unlink(missing_ok=True)
        command = ["curl", "-sk", "--http2", "--max-time", str(seconds), "-N", "-o", answer]
        command += ["-H", "content-type: application/grpc", "-H", "te: trailers", "-H", "user-agent: lab"]
        if certificate:
            command += ["--cert", self.folder / "node.crt", "--key", self.folder / "node.key"]
        command += ["--data-binary", f"@{body}", f"https://{self.manager}:2377/docker.swarmkit.v1.{method}"]
        # A stream ends by curl's time-out; its first message is there then.
        self.namespace.run(*command, check=not streaming, timeout=seconds + 20)
        raw = answer.read_bytes() if answer.exists() else b""
        if len(raw) < 5:
            raise LabError(f"{method}: no answer")
        return parse(raw[5 : 5 + int.from_bytes(raw[1:5], "big")])

    def become_worker(self):
        key = self.folder / "node.key"
        request = self.folder / "node.csr"
        subprocess.run(
            ["openssl", "req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
            + ["-sha256", "-keyout", key, "-out", request, "-subj", "/"],
            check=True,
            capture_output=True,
        )
        csr = request.read_bytes()
        issued = self.call("NodeCA/IssueNodeCertificate", field(2, csr) + field(3, self.token))
        node = issued[1][0].decode()

        def certificate():
            status = self.call("NodeCA/NodeCertificateStatus", field(1, node))
            found = parse(status[2][0])
            return found[4][0] if parse(status[1][0]).get(1) == [3] and found.get(4) else None

        (self.folder / "node.crt").write_bytes(wait_until(certificate, 30, "the node's certificate", interval=0.5))
        return node

    def gossip_keys(self):
        """The gossip keys in hexadecimal, the one that seals first."""
        platform = field(1, "x86_64") + field(2, "linux")
        description = field(1, "waggle") + field(2, platform) + field(4, field(1, "20.10.24"))
        session = self.call("Dispatcher/Session", field(1, description), certificate=True, seconds=4, streaming=True)
        keys = [parse(k) for k in session.get(4, [])]
        gossip = sorted((k.get(4, [0])[0], k[3][0]) for k in keys if k[1][0] == b"networking:gossip")
        if not gossip:
            raise LabError("the session has no gossip keys")
        # Docker's agents seal with the middle one of three.
        middle = gossip[1 if len(gossip) > 2 else 0][1]
        return [middle.hex()] + [k.hex() for _, k in gossip if k != middle]
