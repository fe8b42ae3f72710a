"""How etcd and the API server are started and known to be ready: the part that every kind of start shares."""

import ssl
from contextlib import closing
from dataclasses import dataclass
from http import HTTPStatus
from http.client import HTTPException, HTTPSConnection
from pathlib import Path

from testcluster.pki import Authority, Certificate, create_authority, create_signing_key

_SECONDS_TO_ANSWER = 5
ADMIN_SUBJECT = "/O=system:masters/CN=admin"


@dataclass(frozen=True, slots=True)
class ControlPlane:
    """One etcd and one API server: where they keep things, and where they listen."""

    programs: Path
    data: Path
    pki: Path
    address: str
    port: int
    etcd_port: int
    etcd_peer_port: int
    service_range: str

    @property
    def server(self) -> str:
        """The address that clients use."""
        return f"https://{self.address}:{self.port}"

    def etcd_command(self) -> tuple[str, ...]:
        """The command that runs etcd; a test's data need not survive a power cut, so it never waits for the disk."""
        client, peer = f"http://127.0.0.1:{self.etcd_port}", f"http://127.0.0.1:{self.etcd_peer_port}"
        return (
            str(self.programs / "etcd"),
            f"--data-dir={self.data / 'etcd'}",
            f"--listen-client-urls={client}",
            f"--advertise-client-urls={client}",
            f"--listen-peer-urls={peer}",
            f"--initial-advertise-peer-urls={peer}",
            f"--initial-cluster=default={peer}",
            "--unsafe-no-fsync",
            "--log-level=warn",
        )

    def apiserver_command(self, *more: str) -> tuple[str, ...]:
        """The command that runs the API server, with `more` options."""
        return (
            str(self.programs / "kube-apiserver"),
            f"--etcd-servers=http://127.0.0.1:{self.etcd_port}",
            f"--bind-address={self.address}",
            f"--advertise-address={self.address}",
            f"--secure-port={self.port}",
            f"--service-cluster-ip-range={self.service_range}",
            f"--client-ca-file={self.pki / 'ca.crt'}",
            f"--tls-cert-file={self.pki / 'apiserver.crt'}",
            f"--tls-private-key-file={self.pki / 'apiserver.key'}",
            f"--service-account-key-file={self.pki / 'service-accounts.key'}",
            f"--service-account-signing-key-file={self.pki / 'service-accounts.key'}",
            "--service-account-issuer=https://kubernetes.default.svc",
            "--authorization-mode=Node,RBAC",
            "--enable-admission-plugins=NodeRestriction",
            "--allow-privileged=true",
            *more,
        )

    def create_certificates(self, *more_names: str) -> tuple[Authority, Certificate]:
        """Make the authority and the server's files; return the authority and an administrator's certificate."""
        authority = create_authority(self.pki)
        names = (f"IP:{self.address}", "IP:127.0.0.1", "DNS:localhost", "DNS:kubernetes.default.svc", *more_names)
        authority.issue("apiserver", "/CN=kube-apiserver", names)
        create_signing_key(self.pki / "service-accounts.key")
        return authority, authority.issue("admin", ADMIN_SUBJECT)

    def is_ready(self) -> bool:
        """Tell whether the API server says of itself that it is ready."""
        trusted = ssl.create_default_context(cafile=str(self.pki / "ca.crt"))
        connection = HTTPSConnection(self.address, self.port, timeout=_SECONDS_TO_ANSWER, context=trusted)
        with closing(connection):
            try:
                connection.request("GET", "/readyz")
                return connection.getresponse().status == HTTPStatus.OK
            except (HTTPException, OSError):
                return False
